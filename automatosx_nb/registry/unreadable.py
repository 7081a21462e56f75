"""What keeps an artifact from being read, as the results of checks: nothing else can be looked at before it is gone."""

from __future__ import annotations

from automatosx_nb.errors import InvalidArtifact, InvalidManifest
from automatosx_nb.model.release import CheckResult

ARCHIVE, MANIFEST = "archive", "manifest"
"""No policy can have these only watched."""


def results(error: InvalidArtifact | InvalidManifest) -> tuple[CheckResult, ...]:
    """One for each fault of a manifest, or the one of an archive."""
    if isinstance(error, InvalidManifest):
        return tuple(CheckResult(MANIFEST, False, "error", str(each), "plugin.toml") for each in error.problems)
    return (CheckResult(ARCHIVE, False, "error", error.reason, error.member or ""),)
