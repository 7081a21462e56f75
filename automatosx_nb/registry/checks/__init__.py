"""Publishing checks, a file a check. All of them run, so that an author sees everything at once.

That the archive is safe and the manifest right (its licence an SPDX one, its subscriptions asked for) is known
before: where they are not, those run that look at files alone.
"""

from __future__ import annotations

from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

from automatosx_nb.model.publishing import PublishPolicy
from automatosx_nb.model.release import CheckResult
from automatosx_nb.registry.checks import (
    changelog,
    events,
    license,
    lookalike,
    notebooks,
    permissions,
    readme,
    screenshots,
    secrets,
    services,
    settings,
    size,
    start,
)
from automatosx_nb.registry.checks.submission import Unread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from automatosx_nb.package import Contents
    from automatosx_nb.registry.checks.submission import Check, Finding, Submission

CHECKS: tuple[Check, ...] = (
    readme.CHECK,
    changelog.CHECK,
    license.CHECK,
    size.CHECK,
    permissions.CHECK,
    secrets.CHECK,
    screenshots.CHECK,
    services.CHECK,
    events.CHECK,
    settings.CHECK,
    lookalike.CHECK,
    start.CHECK,
    notebooks.CHECK,
)
_OF_FILES = ((readme.CHECK, readme.find), (size.CHECK, size.find), (secrets.CHECK, secrets.find))
_DEFAULT_POLICY = PublishPolicy()


def run(submission: Submission, policy: PublishPolicy = _DEFAULT_POLICY) -> tuple[CheckResult, ...]:
    """What every check that applies found, at least one result each. An ``error`` to ``policy`` forbids publishing."""
    return tuple(
        policy.judge(result) for check in CHECKS if check.applies(submission) for result in _results(check, submission)
    )


def run_unread(contents: Contents, policy: PublishPolicy = _DEFAULT_POLICY) -> tuple[CheckResult, ...]:
    """What is found in files of which the manifest cannot be read, or that are no plugin's; nothing of what is well."""
    unread = Unread(contents, policy)
    found = (policy.judge(result) for check, find in _OF_FILES for result in _run(check, partial(find, unread)))
    return tuple(result for result in found if not result.passed)


def refusals(results: tuple[CheckResult, ...]) -> tuple[str, ...]:
    """The enforced failures as sentences that begin with their file and line."""
    failed = (result for result in results if not result.passed and result.severity == "error")
    return tuple(f"{_place(result)}{result.message}" for result in failed)


def _results(check: Check, submission: Submission) -> Iterator[CheckResult]:
    if submission.tried and check.tried:
        yield CheckResult(check.name, True, "info", check.tried)
    else:
        yield from _run(check, partial(check.find, submission))


def _run(check: Check, find: Callable[[], Iterable[Finding]]) -> Iterator[CheckResult]:
    started = perf_counter()
    findings = tuple(find())
    duration_ms = round((perf_counter() - started) * 1000, 3)
    if not findings:
        yield CheckResult(check.name, True, "info", check.holds, duration_ms=duration_ms)
    for finding in findings:
        severity, message, file, line = finding
        yield CheckResult(check.name, False, severity, message, file, line, duration_ms)


def _place(result: CheckResult) -> str:
    if not result.file:
        return ""
    return f"{result.file}, line {result.line}: " if result.line else f"{result.file}: "
