"""Downloads that were answered without asking the registry: told to it together, some seconds later."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from typing import TYPE_CHECKING, Any

from automatosx_nb.errors import AutomatosxError

if TYPE_CHECKING:
    from automatosx_nb.model.ports import Registry
    from automatosx_nb.server.shelf import Shelf

TELL_S = 2.0
"""How many seconds of counting a server that is killed loses."""
_LOG = logging.getLogger("automatosx.server")


class Downloads:
    """For one thread: the server's loop."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._counts: Counter[tuple[str, str]] = Counter()
        self._timer: asyncio.TimerHandle | None = None
        self._telling: asyncio.Task[None] | None = None

    def count(self, plugin: str, version: str) -> None:
        self._counts[plugin, version] += 1
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(TELL_S, self._tell)

    async def tell(self) -> None:
        """All that was counted; it is left out where the registry cannot take it."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        counts, self._counts = self._counts, Counter()
        if not counts:
            return
        try:
            await self._shelf.ask(lambda registry: _count(registry, counts))
        except (AutomatosxError, RuntimeError) as error:  # RuntimeError: it was closed meanwhile
            _LOG.warning("%d downloads were not counted: %s", counts.total(), error)

    async def close(self) -> None:
        """All of it, and what is being told just now, before the registry is closed."""
        if self._telling is not None:
            await self._telling
        await self.tell()

    def _tell(self) -> None:
        self._timer = None
        self._telling = asyncio.get_running_loop().create_task(self.tell())


def _count(registry: Registry, counts: Counter[tuple[str, str]]) -> None:
    counter: Any = registry
    counter.count_downloads(counts)
