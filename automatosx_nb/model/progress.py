"""How far a transaction has come, for whoever watches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Transfer:
    """How much of what is fetched is there."""

    plugins: int
    """How many are whole."""
    of_plugins: int
    done: int
    """Bytes that are there."""
    total: int
    """Bytes of all of them."""
    left_s: float | None = None
    """Seconds, as it has gone so far; None: too early to say."""

    def __str__(self) -> str:
        parts = [f"{_megabytes(self.done)} of {_megabytes(self.total)} MB"]
        if self.of_plugins > 1:
            parts.insert(0, f"{self.plugins} of {self.of_plugins} plugins")
        if self.left_s is not None and self.done < self.total:
            parts.append(f"about {max(1, round(self.left_s))} s left")
        return ", ".join(parts)


ESTIMATE_AFTER_S = 1.0


def seconds_left(missing: int, came: int, elapsed_s: float) -> float | None:
    """Until ``missing`` bytes are there, when ``came`` bytes took ``elapsed_s``; None: too early to say."""
    if elapsed_s < ESTIMATE_AFTER_S or came <= 0:
        return None
    return max(0, missing) * elapsed_s / came


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f}" if size >= 50_000 or not size else f"{size / 1e6:.3f}"


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a transaction, for a progress bar. ``fraction`` is of the whole transaction, 0 to 1."""

    name: str
    """``resolve``, ``fetch``, ``verify``, ``check``, ``switch`` or ``done``."""
    fraction: float
    text: str
    """The same for a person, as in 'fetching automatosx.data-profiler 1.0.0'."""
    transfer: Transfer | None = None
    """Of a ``fetch``."""


Progress = Callable[[Step], None]
"""Is told of each step, in the order in which they happen, on the thread that asked for the work.

What it raises, KeyboardInterrupt too, stops the work; up to ``switch`` nothing has changed then.
"""


def silent(_step: Step, /) -> None:
    """The progress nobody watches."""
