"""Whoever asks: the same as :class:`automatosx_nb.registry.current.CurrentSearch`, and searched elsewhere."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

import msgspec

from automatosx_nb.errors import InvalidSearch
from automatosx_nb.model.release import SearchPage
from automatosx_nb.registry.apart.line import Asked, Line, Waiting
from automatosx_nb.registry.apart.messages import packed
from automatosx_nb.registry.apart.running import END_S
from automatosx_nb.registry.search import SearchDocument, validated

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from automatosx_nb.model.release import SearchQuery
    from automatosx_nb.registry.database import Database
    from automatosx_nb.registry.downloads import DownloadCounter

_PAGES = msgspec.json.Decoder(SearchPage)


class SearchApart:
    """May be asked from any thread. Its processes begin to build their indexes with this."""

    def __init__(self, database: Database, downloads: DownloadCounter, processes: int) -> None:
        self._waiting = Waiting()
        self._lines: list[Line] = []
        self._lines += [Line(database, downloads, self._waiting, self._lines) for _ in range(processes)]
        for line in self._lines:
            line.start()

    @property
    def revision(self) -> int:
        """The last change that all of them have."""
        return min(line.revision for line in self._lines)

    def search(self, query: SearchQuery) -> SearchPage:
        """:raises InvalidSearch: for a text, size, sort, filter or cursor that is none. SearchFailed."""
        return _PAGES.decode(self.ask(query).result().body)

    def searcher(self) -> Callable[[SearchQuery], SearchDocument]:
        """As :meth:`search`, in JSON."""
        return lambda query: self.ask(query).result()

    def ask(self, query: SearchQuery) -> Future[SearchDocument]:
        """As :meth:`search`, in JSON, for whoever does something else meanwhile.

        :raises RuntimeError: it is closed.
        """
        if self._waiting.closed.is_set():
            raise RuntimeError("the registry is closed")
        asked = Asked(query)
        try:
            validated(query)
            packed(query)
        except (InvalidSearch, ValueError) as error:  # ValueError: half a character, which no message holds
            asked.answer.set_exception(error)
        else:
            self._waiting.put(asked)
            if self._waiting.closed.is_set():  # since then: nobody takes it any more
                self._drop()
        return asked.answer

    def close(self) -> None:
        """Wait for what is being answered, not longer than a process has to end, nor for an index; what waits is
        cancelled."""
        self._waiting.closed.set()
        self._drop()
        for line in self._lines:
            self._waiting.put(None)
            line.kill(answering=False)
        until = monotonic() + END_S
        for line in self._lines:
            line.join(max(0.0, until - monotonic()))
        for line in self._lines:  # what still runs hangs
            line.kill(answering=True)
            line.join()
        self._drop()

    def _drop(self) -> None:
        for asked in self._waiting.all():
            if not asked.answer.cancel():
                asked.fail("was closed before it had an answer")
