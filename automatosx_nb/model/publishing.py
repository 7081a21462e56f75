"""What a registry asks of what is published in it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from automatosx_nb.model.upload import UploadLimits

if TYPE_CHECKING:
    from automatosx_nb.model.release import CheckResult

CHECK_NAMES = (
    "readme",
    "changelog",
    "license",
    "size",
    "permissions",
    "secrets",
    "screenshots",
    "services",
    "events",
    "settings",
    "look-alike",
    "start",
    "notebooks",
)
"""In the order in which they run."""


@dataclass(frozen=True, slots=True)
class PublishPolicy:
    """Which checks decide. Names are :data:`CHECK_NAMES`; a check that is in neither list decides by itself."""

    watched: frozenset[str] = frozenset()
    """What they find is told, and forbids nothing."""
    enforced: frozenset[str] = frozenset()
    """What they warn of forbids publishing, too. Enforced beats watched."""
    signed: bool = False
    """Only drafts may be without a signature."""
    licenses: frozenset[str] = frozenset()
    """SPDX identifiers that a plugin may be licensed under; empty: any."""
    size_mb: float = 32.0
    """Of an artifact, MiB."""
    run_notebooks: bool = True
    """Whether documentation is executed at all."""
    notebook_s: float = 60.0
    """Wall time of one cell of it, seconds."""
    notebooks_s: float = 300.0
    """Of all of it, seconds."""
    uploads: UploadLimits = field(default_factory=UploadLimits)

    def without_notebooks(self) -> PublishPolicy:
        """The same where documentation is neither executed nor has to be."""
        return replace(self, run_notebooks=False, enforced=self.enforced - {"notebooks"})

    def judge(self, result: CheckResult) -> CheckResult:
        """``result`` with the severity that it has here."""
        if result.passed or result.severity == "info":
            return result
        if result.check in self.enforced:
            return replace(result, severity="error")
        return replace(result, severity="warning") if result.check in self.watched else result
