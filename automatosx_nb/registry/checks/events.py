"""Events carry what subscribers of the last release could rely on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automatosx_nb.model.event_changes import broken_events
from automatosx_nb.registry.checks.submission import Check, Finding, Submission

if TYPE_CHECKING:
    from collections.abc import Iterator


def _find(submission: Submission) -> Iterator[Finding]:
    before = submission.predecessor
    if before is None:
        return
    manifest = submission.package.manifest
    now, then = manifest.contributes.events, before.contributes.events
    for sentence in broken_events(manifest.version, now, before.version, then):
        yield Finding("error", sentence, "plugin.toml")


CHECK = Check("events", "Its events break no subscriber of the last release.", _find)
