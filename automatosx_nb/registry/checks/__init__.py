"""Publishing checks, a file a check. All of them run, so that an author sees everything at once.

That the archive is safe and the manifest right (its licence an SPDX one, its subscriptions asked for) is known
before: ``package.read`` refuses anything else.
"""

from __future__ import annotations

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

if TYPE_CHECKING:
    from collections.abc import Iterator

    from automatosx_nb.registry.checks.submission import Check, Submission

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


_DEFAULT_POLICY = PublishPolicy()


def run(submission: Submission, policy: PublishPolicy = _DEFAULT_POLICY) -> tuple[CheckResult, ...]:
    """What every check that applies found, at least one result each. An ``error`` to ``policy`` forbids publishing."""
    return tuple(
        policy.judge(result) for check in CHECKS if check.applies(submission) for result in _run(check, submission)
    )


def refusals(results: tuple[CheckResult, ...]) -> tuple[str, ...]:
    """The enforced failures as sentences that begin with their file and line."""
    failed = (result for result in results if not result.passed and result.severity == "error")
    return tuple(f"{_place(result)}{result.message}" for result in failed)


def _run(check: Check, submission: Submission) -> Iterator[CheckResult]:
    if submission.tried and check.tried:
        yield CheckResult(check.name, True, "info", check.tried)
        return
    started = perf_counter()
    findings = tuple(check.find(submission))
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
