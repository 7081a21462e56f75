"""One search process, ``python -m automatosx_nb.registry.apart.process``: questions come from its standard input, and
answers go to what was its standard output."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from automatosx_nb.errors import AutomatosxError, SearchFailed
from automatosx_nb.registry.apart.messages import Answers, Failed, Found, Inbox, Opening, Questions, send
from automatosx_nb.registry.current import CurrentSearch
from automatosx_nb.registry.database import Database
from automatosx_nb.registry.downloads import DownloadCounter
from automatosx_nb.registry.feed import RevisionFeed
from automatosx_nb.repeating import repeating

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from automatosx_nb.model.release import SearchQuery
    from automatosx_nb.registry.apart.messages import Answer
    from automatosx_nb.registry.search import SearchDocument

_LOG = logging.getLogger("automatosx.registry")
SEND_S = 0.01
"""So long an answer waits for others to be sent with it."""
_LOOK_S = 1.0
"""How often it looks whether whoever asks is still there, which it would not see while it builds its index."""


class _Searching:
    """Opens the database with the first questions, and again with the next ones where it could not be."""

    def __init__(self, opening: Opening) -> None:
        self._where = Path(opening.database) if opening.file else opening.database
        self._database: Database | None = None
        self._search: CurrentSearch | None = None

    def answer(self, asked: Questions) -> Iterator[Answer]:
        try:
            find = self._ready(asked)
        except Exception as error:  # noqa: BLE001 - who asked is told, and what is there already stays
            yield from [_failed(error, asked.queries)] * len(asked.queries)
            return
        for query in asked.queries:
            yield _answered(find, query)

    @property
    def revision(self) -> int:
        return 0 if self._search is None else self._search.revision

    def open(self) -> CurrentSearch:
        """Builds the index, where there is none yet. Raises as :class:`Database` does, or what damage comes to."""
        if self._search is None:
            database = Database(self._where, migrate=False)
            search = CurrentSearch(database, RevisionFeed(database), DownloadCounter(database))
            try:
                search.searcher()
            except BaseException:
                database.close()
                raise
            gc.collect()
            gc.freeze()  # what is there by now stays, and is not looked through again
            self._database, self._search = database, search
        return self._search

    def _ready(self, asked: Questions) -> Callable[[SearchQuery], SearchDocument]:
        search = self.open()
        if asked.wrote and self._database is not None:
            self._database.last_write = object()
        search.put_again(asked.downloaded)
        return search.searcher()


def _answered(find: Callable[[SearchQuery], SearchDocument], query: SearchQuery) -> Answer:
    try:
        return Found(*find(query))
    except Exception as error:  # noqa: BLE001 - who asked is told, and the next question is another one
        return _failed(error, query)


def _failed(error: Exception, asked: object) -> Failed:
    if isinstance(error, AutomatosxError):
        return Failed.of(error)
    _LOG.error("a search failed: %r", asked, exc_info=error)
    return Failed.of(SearchFailed(f"failed with {type(error).__name__}"))


def serve(questions: int, answers: int) -> None:
    """:raises EOFError: nobody asks any more. BrokenPipeError: nobody reads the answers."""
    parent = os.getppid()  # a launcher may be between it and whoever asks, as in Windows' virtual environments
    inbox = Inbox(questions)
    searching = _Searching(inbox.receive(Opening))
    told: list[Answer] = []
    with repeating(lambda: _end_alone(parent), _LOOK_S, "automatosx-parent"):
        with suppress(Exception):  # whoever asks is told
            searching.open()
        send(answers, Answers([], searching.revision))
        while True:
            asked, sent = inbox.receive(Questions), monotonic()
            for answer in searching.answer(asked):
                told.append(answer)
                if monotonic() - sent >= SEND_S:
                    send(answers, Answers(told, searching.revision))
                    told, sent = [], monotonic()
            if told and not inbox.has_more():
                send(answers, Answers(told, searching.revision))
                told = []


def _end_alone(parent: int) -> None:
    if os.getppid() != parent:
        os._exit(0)


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):  # meant for the server, which still has answers to give
        signal.signal(number, signal.SIG_IGN)
    answers = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # nothing that is printed gets between the answers
    with suppress(EOFError, BrokenPipeError):
        serve(sys.stdin.fileno(), answers)


if __name__ == "__main__":
    main()
