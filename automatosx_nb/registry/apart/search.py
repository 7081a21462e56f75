"""Whoever asks: the same as :class:`automatosx_nb.registry.current.CurrentSearch`, and searched elsewhere."""

from __future__ import annotations

import logging
import threading
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING

import msgspec

from automatosx_nb.errors import InvalidSearch, SearchFailed
from automatosx_nb.model.release import SearchPage
from automatosx_nb.registry.apart.messages import Failed, Questions
from automatosx_nb.registry.apart.running import Running
from automatosx_nb.registry.current import COUNTED_S
from automatosx_nb.registry.search import SearchDocument, validated

if TYPE_CHECKING:
    from collections.abc import Callable

    from automatosx_nb.model.release import SearchQuery
    from automatosx_nb.registry.apart.messages import Answer
    from automatosx_nb.registry.database import Database
    from automatosx_nb.registry.downloads import DownloadCounter

_LOG = logging.getLogger("automatosx.registry")
_AHEAD = 16
"""Questions that one process has at a time: the next one is there when one is answered, and all others go to whichever
process is free first."""
_PAGES = msgspec.json.Decoder(SearchPage)


class _Asked:
    """``ends`` counts the processes that ended while it was the first without an answer."""

    def __init__(self, query: SearchQuery) -> None:
        self.query = query
        self.answer: Future[SearchDocument] = Future()
        self.ends = 0


class SearchApart:
    """May be asked from any thread. Its processes begin to build their indexes with this."""

    def __init__(self, database: Database, downloads: DownloadCounter, processes: int) -> None:
        self._waiting: SimpleQueue[_Asked | None] = SimpleQueue()
        self._closed = False
        self._lines = [_Line(database, downloads, self._waiting) for _ in range(processes)]
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
        if self._closed:
            raise RuntimeError("the registry is closed")
        asked = _Asked(query)
        try:
            validated(query)
        except InvalidSearch as error:
            asked.answer.set_exception(error)
        else:
            self._waiting.put(asked)
        return asked.answer

    def close(self) -> None:
        """Wait for what is being answered; what waits is cancelled."""
        self._closed = True
        while not self._waiting.empty():
            with suppress(Empty):
                asked = self._waiting.get_nowait()
                if asked is not None:
                    asked.answer.cancel()
        for _ in self._lines:
            self._waiting.put(None)
        for line in self._lines:
            line.join()


class _Line(threading.Thread):
    """One process, and the thread that asks it, the next question before the last one is answered."""

    def __init__(self, database: Database, downloads: DownloadCounter, waiting: SimpleQueue[_Asked | None]) -> None:
        super().__init__(name="automatosx-search", daemon=True)
        self.revision = 0
        self._news = _News(database, downloads)
        self._database = database
        self._waiting = waiting
        self._asked: deque[_Asked] = deque()
        self._unsent: list[_Asked] = []
        self._process: Running | None = None
        self._closing = False

    def run(self) -> None:
        try:
            self._running()
        except (OSError, EOFError) as error:  # whoever asks is told, where it ends again
            self._end(error)
        while self._take():
            try:
                self._exchange(self._running())
            except (OSError, EOFError) as error:
                self._end(error)
        if self._process is not None:
            self._process.end()

    def _running(self) -> Running:
        """Once it has its index: other processes take the questions until then.

        :raises OSError: it cannot be started, or has ended. EOFError: it has ended.
        """
        if self._process is None:
            self._news.told()
            self._process = Running(self._database)
            self.revision = self._process.open()
        return self._process

    def _take(self) -> bool:
        """Up to so many questions as may be ahead; False: there is nothing more to be done."""
        while not self._closing and len(self._asked) < _AHEAD:
            try:
                asked = self._waiting.get(block=not self._asked)
            except Empty:
                break
            if asked is None:
                self._closing = True
            elif asked.answer.set_running_or_notify_cancel():
                self._asked.append(asked)
                self._unsent.append(asked)
        return bool(self._asked)

    def _exchange(self, process: Running) -> None:
        if self._unsent:
            process.ask(Questions([asked.query for asked in self._unsent], *self._news.take()))
            self._unsent = []
        told = process.answers()
        self.revision = told.revision
        for answer in told.answers:
            _tell(self._asked.popleft().answer, answer)

    def _end(self, error: Exception) -> None:
        """What has no answer is asked again of the next process; but not what two have ended at."""
        process, self._process = self._process, None
        how = str(error) if process is None else process.end()
        _LOG.warning("a process that searches %s; another one takes its place when there is a search", how)
        if self._asked:
            first = self._asked[0]
            first.ends += 1
            if first.ends > 1:
                self._asked.popleft().answer.set_exception(SearchFailed(how))
        self._unsent = [*self._asked]


class _News:
    """What a process does not see by itself, or not at once."""

    def __init__(self, database: Database, downloads: DownloadCounter) -> None:
        self._database = database
        self._downloads = downloads
        self.told()

    def told(self) -> None:
        """A new process reads all that is there."""
        self._last_write, self._written, self._looked_at = (
            self._database.last_write,
            self._downloads.written_now,
            monotonic(),
        )

    def take(self) -> tuple[bool, list[str]]:
        """Whether this process wrote since the last time, and, now and then, the plugins whose downloads it wrote."""
        last_write, self._last_write = self._last_write, self._database.last_write
        downloaded: list[str] = []
        if monotonic() - self._looked_at >= COUNTED_S:
            before, written = self._written, self._downloads.written_now
            downloaded = [plugin for plugin, count in written.items() if before.get(plugin) != count]
            self._written, self._looked_at = written, monotonic()
        return last_write is not self._last_write, downloaded


def _tell(asked: Future[SearchDocument], answer: Answer) -> None:
    if isinstance(answer, Failed):
        asked.set_exception(answer.made())
    else:
        asked.set_result(SearchDocument(answer.total, answer.next, answer.body))
