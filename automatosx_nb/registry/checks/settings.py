"""Settings take what users of the last release set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automatosx_nb.model.event_changes import last_of_line
from automatosx_nb.model.setting_changes import broken_settings
from automatosx_nb.registry.checks.submission import Check, Finding, Submission

if TYPE_CHECKING:
    from collections.abc import Iterator


def _find(submission: Submission) -> Iterator[Finding]:
    manifest = submission.package.manifest
    published = {other.version: other for other in submission.published}
    before = last_of_line(manifest.version, published)
    if before is None:
        return
    declared = published[before].contributes.settings
    for sentence in broken_settings(manifest.version, manifest.contributes.settings, before, declared):
        yield Finding("error", sentence, "plugin.toml")


CHECK = Check("settings", "Its settings take what users of the last release set.", _find)
