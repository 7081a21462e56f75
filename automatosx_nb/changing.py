"""How a profile is changed through one marketplace: planned, applied, told."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from automatosx_nb.errors import PlanStale
from automatosx_nb.rooms import Rooms

if TYPE_CHECKING:
    from automatosx_nb.model.plan import Applied, Plan

REPLANS = 5


class Changing(Rooms):
    """Who wants to know of changes is told of each that is made through this object."""

    def on_change(self, listener: Callable[[], object]) -> Callable[[], None]:
        """Call ``listener``, which must not raise, after each change made through this object, on its thread."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def tell_changed(self) -> None:
        """Call every listener: what is installed changed, here or by another process."""
        for listener in list(self._listeners):
            listener()

    def _planned(self, make_plan: Callable[[], Plan], apply: Callable[[Plan], Applied]) -> Applied:
        """Plan and apply; where another process changed the profile in between, plan again."""
        for attempt in range(REPLANS):
            plan = make_plan()
            try:
                applied = apply(plan)
            except PlanStale:
                if attempt == REPLANS - 1:
                    raise
                continue
            self.tell_changed()
            return applied
        raise AssertionError("unreachable: the last attempt returns or raises")
