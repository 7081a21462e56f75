"""Settings take what users of the last release set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automatosx_nb.model.setting_changes import broken_settings
from automatosx_nb.registry.checks.submission import Check, Finding, Submission

if TYPE_CHECKING:
    from collections.abc import Iterator


def _find(submission: Submission) -> Iterator[Finding]:
    before = submission.predecessor
    if before is None:
        return
    manifest = submission.package.manifest
    now, then = manifest.contributes.settings, before.contributes.settings
    for sentence in broken_settings(manifest.version, now, before.version, then):
        yield Finding("error", sentence, "plugin.toml")


CHECK = Check("settings", "Its settings take what users of the last release set.", _find)
