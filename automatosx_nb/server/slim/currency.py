"""Whether what is kept is still so: the registry is asked for its last change twice a second, and after every write."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from automatosx_nb.errors import AutomatosxError

if TYPE_CHECKING:
    from automatosx_nb.model.ports import Registry
    from automatosx_nb.server.shelf import Shelf

ASK_S = 0.5
TRUST_S = 1.5
"""For so long an answer of the registry holds, where it has not been able to give another since."""


class Currency:
    """For one thread: the server's loop. ``forget`` is told which plugins changed; None: perhaps all.

    A registry that tells no changes (another computer's) is never current, so nothing of it is kept.
    """

    def __init__(
        self, shelf: Shelf, clock: Callable[[], float], forget: Callable[[Collection[str] | None], None]
    ) -> None:
        self._shelf = shelf
        self._clock = clock
        self._forget = forget
        self._asked = self._told = float("-inf")
        self._change: int | None = None
        self._asking: asyncio.Task[None] | None = None
        self.epoch = 0
        """Another one after every change: what was read in an earlier one is not to be kept."""

    def holds(self) -> bool:
        """Whether what is kept is as the registry was at most :data:`TRUST_S` ago. Asks again where it is time to."""
        now = self._clock()
        if now - self._asked >= ASK_S and self._asking is None:
            self._asked = now
            self._asking = asyncio.get_running_loop().create_task(self._ask())
        return now - self._told < TRUST_S

    @property
    def asking(self) -> asyncio.Future[None] | None:
        """Done when the registry has been asked; None: it is not being asked."""
        return self._asking

    @property
    def knows(self) -> bool:
        """Whether it was ever told a change: what is read from then on, the next change is held against."""
        return self._change is not None

    def wrote(self) -> None:
        """Something was written here just now: nothing holds before the registry was asked anew."""
        self._asked = self._told = float("-inf")
        self.epoch += 1

    async def _ask(self) -> None:
        """Where it has no answer now, who asks it for more than the last change is told why."""
        begun, epoch = self._clock(), self.epoch
        try:
            told = await self._shelf.probe(lambda registry: _changes(registry, self._change))
        except (AutomatosxError, RuntimeError):  # RuntimeError: it was closed meanwhile
            return
        finally:
            self._asking = None
        if told is None or epoch != self.epoch:
            return
        change, plugins = told
        if change != self._change:
            self.epoch += 1
            self._change = change
            self._forget(plugins)
        self._told = begun


def _changes(registry: Registry, since: int | None) -> tuple[int, Collection[str] | None] | None:
    changes: Any = getattr(registry, "changes", None)
    return None if changes is None else changes(since)
