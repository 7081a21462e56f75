"""An artifact that is on its way into a registry, in parts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from automatosx_nb.errors import AutomatosxError
    from automatosx_nb.model.release import PublishReport, Stage


class UploadState(StrEnum):
    """``receiving`` until every byte is there, ``checking`` until there is an outcome."""

    RECEIVING = "receiving"
    CHECKING = "checking"
    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Upload:
    """Sizes and the offset are bytes, times RFC 3339 in UTC."""

    id: str
    sha256: str
    size: int
    stage: Stage
    state: UploadState
    offset: int
    """Where the next part begins."""
    expires: str
    report: PublishReport | None = None
    """What was published, once it is ``done``."""
    refusal: AutomatosxError | None = None
    """Why it was not, once it is ``refused``."""

    @property
    def is_whole(self) -> bool:
        return self.offset == self.size


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """What a registry takes of uploads; units in the names."""

    size_mb: int = 32
    """One artifact, MiB."""
    part_mb: int = 4
    """One part, and one artifact that comes in a single request, MiB."""
    least_part_kb: int = 64
    """A part that is not the last one, KiB: many small ones cost more than they carry."""
    open_uploads: int = 16
    """Of one user at a time."""
    expires_h: float = 24.0
    """After its last part, and after its outcome, hours."""
    check_lease_s: float = 30.0
    """A node that checks says so again within that time; else another one takes over."""
