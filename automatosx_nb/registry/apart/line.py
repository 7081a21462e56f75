"""One process that searches, and the thread that asks it."""

from __future__ import annotations

import logging
import threading
from collections import deque
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING

from automatosx_nb.errors import SearchFailed
from automatosx_nb.registry.apart.messages import Failed, Questions, packed
from automatosx_nb.registry.apart.running import Running
from automatosx_nb.registry.current import COUNTED_S
from automatosx_nb.registry.search import SearchDocument

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from automatosx_nb.model.release import SearchQuery
    from automatosx_nb.registry.apart.messages import Answer
    from automatosx_nb.registry.database import Database
    from automatosx_nb.registry.downloads import DownloadCounter

_LOG = logging.getLogger("automatosx.registry")
_AHEAD = 16
"""Questions that one process has at a time: the next one is there when one is answered, and all others go to whichever
process is free first."""
_LONGEST_PAUSE_S = 300.0


class Asked:
    """``ends`` counts the processes that ended while it was the first without an answer."""

    def __init__(self, query: SearchQuery) -> None:
        self.query = query
        self.answer: Future[SearchDocument] = Future()
        self.ends = 0

    def begin(self) -> bool:
        """False: nobody waits for it any more."""
        return self.answer.running() or self.answer.set_running_or_notify_cancel()

    def fail(self, how: str) -> None:
        if self.begin():
            self.answer.set_exception(SearchFailed(how))

    def tell(self, answer: Answer) -> None:
        if isinstance(answer, Failed):
            self.answer.set_exception(answer.made())
        else:
            self.answer.set_result(SearchDocument(answer.total, answer.next, answer.body))


class Waiting:
    """Questions that no process has, for all lines."""

    def __init__(self) -> None:
        self._asked: SimpleQueue[Asked | None] = SimpleQueue()
        self.closed = threading.Event()

    def put(self, asked: Asked | None) -> None:
        """None wakes one line, to see that it is closed."""
        self._asked.put(asked)

    def get(self, *, block: bool) -> Asked | None:
        """:raises Empty: there is none now."""
        return self._asked.get(block=block)

    def peek(self) -> None:
        """Wait until there is one; it stays, behind the others."""
        self._asked.put(self._asked.get())

    def all(self) -> Iterator[Asked]:
        """Those that are there, taken."""
        for _ in range(self._asked.qsize()):
            try:
                asked = self._asked.get_nowait()
            except Empty:
                return
            if asked is None:
                self._asked.put(None)
            else:
                yield asked


class Line(threading.Thread):
    """Asks its process the next question before the last one is answered.

    While it has no process, or one without an index, the others take the questions.
    """

    def __init__(self, database: Database, downloads: DownloadCounter, waiting: Waiting, lines: Sequence[Line]) -> None:
        """:param lines: all that take of ``waiting``."""
        super().__init__(name="automatosx-search", daemon=True)
        self.revision = 0
        """The last change that its process has."""
        self.failed = ""
        """How its process ended that had no index yet, until another one is started."""
        self._news = _News(database, downloads)
        self._database = database
        self._waiting = waiting
        self._lines = lines
        self._asked: deque[Asked] = deque()
        self._unsent: list[Asked] = []
        self._message = b""
        """That waits to be sent; the questions in it are no longer unsent."""
        self._in_message = 0
        """How many those are."""
        self._in_pipe = 0
        """Bytes sent since all was answered: no fewer than the process has not read."""
        self._changing = threading.Lock()
        """Held while there comes to be a process, or to be none."""
        self._process: Running | None = None
        self._answers = False
        self._failures = 0

    def run(self) -> None:
        while self._asked or not self._waiting.closed.is_set():
            try:
                process = self._running()
                self._take()
                self._exchange(process)
            except Exception as error:  # noqa: BLE001 - whoever asks is told, and others go on asking
                self._end(error)
        if self._process is not None:
            self._process.end()

    def kill(self, *, answering: bool) -> None:
        """From another thread; not ``answering``: only a process that has no index yet."""
        with self._changing:
            if self._process is not None and (answering or not self._answers):
                self._process.kill()

    def _running(self) -> Running:
        """Once it has its index.

        :raises OSError: it cannot be started, or has ended. EOFError: it has ended.
        """
        if self._process is None:
            self._news.told()
            with self._changing:
                if self._waiting.closed.is_set():
                    raise OSError("was not started any more")
                self._process = Running(self._database)
            self.revision = self._process.open()
            self._answers, self._failures, self._in_pipe = True, 0, 0
        return self._process

    def _take(self) -> None:
        """Up to so many questions as may be ahead, one at least; fewer when it is closed."""
        while len(self._asked) < _AHEAD and not self._waiting.closed.is_set():
            try:
                asked = self._waiting.get(block=not self._asked)
            except Empty:
                return
            if asked is not None and asked.begin():
                self._asked.append(asked)
                self._unsent.append(asked)

    def _exchange(self, process: Running) -> None:
        if not self._asked:
            return
        self._send(process)
        told = process.answers()
        self.revision = told.revision
        for answer in told.answers:
            self._asked[0].tell(answer)
            self._asked.popleft()

    def _send(self, process: Running) -> None:
        """What fits in the pipe, where answers are still to come: else it might not read because nobody reads those."""
        if not self._message and self._unsent:
            self._message = packed(Questions([asked.query for asked in self._unsent], *self._news.take()))
            self._in_message, self._unsent = len(self._unsent), []
        if not self._message:
            return
        if not self._sent:
            self._in_pipe = 0
        elif self._in_pipe + len(self._message) > process.room:
            return
        process.ask(self._message)
        self._in_pipe += len(self._message)
        self._message = b""

    @property
    def _sent(self) -> int:
        """How many questions its process has: they are the first of those that are asked."""
        return len(self._asked) - len(self._unsent) - (self._in_message if self._message else 0)

    def _end(self, error: Exception) -> None:
        """What has no answer is asked again of whichever process is free; but not what two have ended at."""
        with self._changing:
            process, self._process = self._process, None
        how = str(error) if process is None else process.end()
        answered, self._answers = self._answers, False
        if self._waiting.closed.is_set():
            self._give_back()  # whoever closes tells who asked
            return
        unforeseen = None if isinstance(error, OSError | EOFError) else error
        _LOG.warning("a process that searches %s; another one takes its place", how, exc_info=unforeseen)
        if self._sent:
            self._asked[0].ends += 1
            if self._asked[0].ends > 1:
                self._asked.popleft().fail(how)
        self._give_back()
        if not answered:
            self._pause(how)

    def _give_back(self) -> None:
        for asked in self._asked:
            self._waiting.put(asked)
        self._asked.clear()
        self._unsent, self._message = [], b""

    def _pause(self, how: str) -> None:
        """After a process that could not be started: where another one answers, or may yet, it is tried again later
        and later; where none does, who waits is told, and it is tried again for who asks next."""
        self.failed, self.revision = how, 0
        self._failures += 1
        if all(line.failed for line in self._lines):
            for asked in self._waiting.all():
                asked.fail(how)
            self._waiting.peek()
        else:
            self._waiting.closed.wait(min(2.0**self._failures, _LONGEST_PAUSE_S))
        self.failed = ""


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
