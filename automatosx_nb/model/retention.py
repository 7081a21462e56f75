"""How long generations of a profile are left. The clock is handed in."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from automatosx_nb.model.generation import Generation


@dataclass(frozen=True, slots=True)
class GenerationRetention:
    """A generation goes when it is neither among the newest ``count`` nor younger than ``span``."""

    count: int
    span: timedelta

    def prunable(self, generations: Iterable[Generation], *, needed: Collection[int], now: datetime) -> list[int]:
        """The numbers of those that may go, oldest first. ``needed`` stay whatever is said here."""
        ordered = sorted(generations, key=lambda each: each.number)
        older = ordered[: -self.count] if self.count else ordered
        return [each.number for each in older if each.number not in needed and not self._is_young(each, now)]

    def _is_young(self, generation: Generation, now: datetime) -> bool:
        """What does not say when it was made is not known to be old."""
        try:
            return now - datetime.fromisoformat(generation.created) < self.span
        except (ValueError, TypeError):
            return True
