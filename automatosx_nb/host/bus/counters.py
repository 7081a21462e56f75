"""What became of the events of one subscriber."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Counters:
    """``delivered`` and ``failed`` are of those that its handler was called with; the others never got there.

    ``dropped``: the oldest, for too many waited, or all that came while its breaker was open or it was being stopped.
    """

    delivered: int = 0
    failed: int = 0
    dropped: int = 0
    coalesced: int = 0
    rejected: int = 0
    expired: int = 0
