"""The plugin starts where it will run, under the limits that it asks for and the registry caps: its sources pass the
policy, its modules load, its handlers exist, and its self-test passes.

Of every module that the policy refuses the first reason is told, also of those that nothing imports yet.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from automatosx_nb.errors import AutomatosxError, PluginFailed, PluginRefused, SandboxUnavailable
from automatosx_nb.registry.checks.self_test import find_failures
from automatosx_nb.registry.checks.submission import Check, Finding, Submission

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST = 20
"""Modules whose first refusal is told."""


def _find(submission: Submission) -> Iterator[Finding]:
    if submission.sandbox is None:
        yield Finding("warning", "was not started: this registry has no sandbox to start it in")
        return
    from automatosx_nb.sandbox.supervisor import Program

    manifest, sources = submission.package.manifest, submission.package.sources
    limits = submission.limits.capping(manifest.limits)
    asked = (*manifest.permissions, *manifest.optional_permissions)
    program = Program(
        plugin=manifest.id,
        version=str(manifest.version),
        sources=sources,
        handlers=manifest.handlers,
        modules=tuple(one.removeprefix("modules:") for one in asked if one.startswith("modules:")),
        whole=True,
    )
    refused: set[str] = set()
    while len(refused) < MOST:
        try:
            worker = submission.sandbox.start(program, limits)
            try:
                if manifest.self_test is not None and not refused:
                    yield from find_failures(worker, manifest.self_test, sources)
            finally:
                worker.stop()
        except PluginRefused as error:
            yield Finding("error", f"{error.refused}. {error.next_step()}", f"src/{error.file}", error.line)
            if error.file not in refused and error.file in sources:  # the others have something to say, too
                refused.add(error.file)
                program = replace(program, sources={**program.sources, error.file: b""})
                continue
        except SandboxUnavailable as error:
            yield Finding("warning", f"was not started: {_sentence(error)}")
        except AutomatosxError as error:
            if not refused:  # else it may miss what is in a module that was refused
                yield _raised(error) if isinstance(error, PluginFailed) else _does_not_start(error)
        return


def _raised(error: PluginFailed) -> Finding:
    """Where it is, and without what is said to who only uses a plugin."""
    what = f"does not start: {error.type_name}: {error.message}"
    if not error.frames:
        return Finding("error", what)
    last = error.frames[-1]
    return Finding("error", f"{what}, raised by {last.text!r}" if last.text else what, f"src/{last.file}", last.line)


def _does_not_start(error: AutomatosxError) -> Finding:
    return Finding("error", f"does not start: {_sentence(error)}")


def _sentence(error: AutomatosxError) -> str:
    return f"{error.problem()} {error.next_step()}"


CHECK = Check(
    "start",
    "The plugin starts in its sandbox, with all of its handlers.",
    _find,
    tried="It started in a sandbox before it was bundled, with all of its handlers; an install tries it here.",
)
