"""How far a transaction has come, for whoever watches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a transaction, for a progress bar. ``fraction`` is of the whole transaction, 0 to 1."""

    name: str
    """``resolve``, ``fetch``, ``verify``, ``check``, ``switch`` or ``done``."""
    fraction: float
    text: str
    """The same for a person, as in 'fetching automatosx.data-profiler 1.0.0'."""


Progress = Callable[[Step], None]
"""Is told of each step, in the order in which they happen, on the thread that does the work."""


def silent(_step: Step, /) -> None:
    """The progress nobody watches."""
