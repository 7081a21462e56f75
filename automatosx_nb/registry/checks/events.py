"""Events carry what subscribers of the last release could rely on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automatosx_nb.model.event_changes import broken_events, last_of_line
from automatosx_nb.registry.checks.submission import Check, Finding, Submission

if TYPE_CHECKING:
    from collections.abc import Iterator


def _find(submission: Submission) -> Iterator[Finding]:
    manifest = submission.package.manifest
    published = {other.version: other for other in submission.published}
    before = last_of_line(manifest.version, published)
    if before is None:
        return
    declared = published[before].contributes.events
    for sentence in broken_events(manifest.version, manifest.contributes.events, before, declared):
        yield Finding("error", sentence, "plugin.toml")


CHECK = Check("events", "Its events break no subscriber of the last release.", _find)
