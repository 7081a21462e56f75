"""Answers that are kept: for as long as nothing changed, and no longer than a minute."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from automatosx_nb.server.slim.answer import Answer

MOST_BYTES = 64 * 2**20
LARGEST = 2**20
"""Bytes of an answer that is kept at all."""
AHEAD_S = 5.0
AGE_S = 60.0
"""Longest that one is given: how often a plugin was downloaded is in it, and that is no change."""


@dataclass(frozen=True, slots=True)
class _Kept:
    answer: Answer
    about: str
    until: float


class Kept:
    """For one thread: the server's loop. The oldest go where there are too many."""

    def __init__(self, clock: Callable[[], float], most: int = MOST_BYTES) -> None:
        self._clock = clock
        self._most = most
        self._answers: OrderedDict[tuple[str, str], _Kept] = OrderedDict()
        self._about: dict[str, set[tuple[str, str]]] = {}
        self._renewing: set[tuple[str, str]] = set()
        self._bytes = 0

    def get(self, uri: str, sight: str) -> Answer | None:
        """What ``uri`` answers to those who see what ``sight`` stands for. None: go the whole way, as one request is
        told before its time, to renew it for the others."""
        found = self._answers.get((uri, sight))
        if found is None:
            return None
        left = found.until - self._clock()
        if left < 0:
            self._drop((uri, sight))
            return None
        if left < AHEAD_S and (uri, sight) not in self._renewing:
            self._renewing.add((uri, sight))
            return None
        self._answers.move_to_end((uri, sight))
        return found.answer

    def put(self, uri: str, sight: str, answer: Answer, about: str) -> None:
        """:param about: the plugin that it is about; empty: all of them."""
        if answer.size > LARGEST:
            return
        self._drop((uri, sight))
        self._answers[uri, sight] = _Kept(answer, about, self._clock() + AGE_S)
        self._about.setdefault(about, set()).add((uri, sight))
        self._bytes += answer.size
        while self._bytes > self._most:
            self._drop(next(iter(self._answers)))

    def forget(self, plugins: Collection[str] | None) -> None:
        """What is about one of ``plugins``, and what is about all; None: everything."""
        if plugins is None:
            self.clear()
            return
        for about in ("", *plugins):
            for key in list(self._about.get(about, ())):
                self._drop(key)

    def clear(self) -> None:
        self._answers.clear()
        self._about.clear()
        self._renewing.clear()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._answers)

    def forget_one(self, plugin: str) -> None:
        """What is about ``plugin`` alone."""
        for key in list(self._about.get(plugin, ())):
            self._drop(key)

    def _drop(self, key: tuple[str, str]) -> None:
        self._renewing.discard(key)
        found = self._answers.pop(key, None)
        if found is None:
            return
        self._bytes -= found.answer.size
        about = self._about[found.about]
        about.discard(key)
        if not about:
            del self._about[found.about]
