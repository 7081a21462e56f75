"""Which of many patterns mean a topic: a walk along the topic's segments, however many patterns there are."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Generic, TypeVar

T = TypeVar("T")


class TopicTrie(Generic[T]):
    """Values by pattern. Whoever shares one between threads locks around ``add`` and its undo."""

    def __init__(self) -> None:
        self._root: _Node[T] = _Node()
        self._numbers = count()

    def add(self, pattern: str, value: T) -> Callable[[], None]:
        """Keep ``value`` for every topic that ``pattern`` means, until the undo is called."""
        path, segments = [self._root], pattern.split(".")
        rest = segments[-1] == "**"
        for segment in segments[: len(segments) - rest]:
            path.append(path[-1].children.setdefault(segment, _Node()))
        held = path[-1].rest if rest else path[-1].here
        entry = (next(self._numbers), value)
        held.append(entry)

        def undo() -> None:
            if entry in held:
                held.remove(entry)
                _prune(path, segments)

        return undo

    def match(self, topic: str) -> list[T]:
        """The values of every pattern that means ``topic``, in the order in which they were added."""
        found: list[tuple[int, T]] = []
        nodes = [self._root]
        for segment in topic.split("."):
            following = []
            for node in nodes:
                if node.rest:
                    found += node.rest
                children = node.children
                if segment in children:
                    following.append(children[segment])
                if "*" in children:
                    following.append(children["*"])
            if not following:
                break
            nodes = following
        else:
            for node in nodes:
                if node.here:
                    found += node.here
        if len(found) > 1:
            found.sort(key=_number)
        return [value for _, value in found]


class _Node(Generic[T]):
    __slots__ = ("children", "here", "rest")

    def __init__(self) -> None:
        self.children: dict[str, _Node[T]] = {}
        self.here: list[tuple[int, T]] = []
        self.rest: list[tuple[int, T]] = []


def _number(entry: tuple[int, object]) -> int:
    return entry[0]


def _prune(path: list[_Node[T]], segments: list[str]) -> None:
    """Forget the nodes at the end of ``path`` with nothing in or below them."""
    for parent, node, segment in zip(path[-2::-1], path[:0:-1], segments[len(path) - 2 :: -1], strict=False):
        if node.children or node.here or node.rest:
            return
        del parent.children[segment]
