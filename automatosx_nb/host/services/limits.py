"""Every limit of calls between plugins, with its unit in its name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServiceLimits:
    """What policy allows. How often a plugin may call is in :data:`automatosx_nb.host.metering.RATES`."""

    deadline_s: float = 60.0
    """Longest that a call may take, with all that it calls itself; also what a caller gets that says nothing."""
    in_flight: int = 16
    """Most calls that one provider has to answer at a time, the one that it works on included."""
    depth: int = 8
    """Most plugins that call each other in a chain, the first one not counted."""
