"""Who waits for whom: calls in flight as a graph, in which a circle would be a deadlock."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")


class Waits(Generic[T]):
    """Each carries out one thing at a time, so it waits for one other at most, and a circle is found by following.

    It never holds a circle: whoever asks :meth:`circle` first, and adds only where there is none, sees to that.
    """

    def __init__(self) -> None:
        self._waits: dict[T, T] = {}

    def circle(self, caller: T, provider: T) -> tuple[T, ...]:
        """What would wait for itself if ``caller`` waited for ``provider``: from the caller to the caller; empty: none.

        One step for each that waits.
        """
        path, node = [caller], provider
        while node != caller:
            path.append(node)
            if node not in self._waits:
                return ()
            node = self._waits[node]
        return (*path, caller)

    def begin(self, caller: T, provider: T) -> None:
        """:raises ValueError: the caller waits already, or it would wait for itself: a mistake of ours."""
        if caller in self._waits or self.circle(caller, provider):
            raise ValueError("one that waits already, or would wait for itself")
        self._waits[caller] = provider

    def end(self, caller: T) -> None:
        """It waits no longer; nothing happens if it did not."""
        self._waits.pop(caller, None)

    def __len__(self) -> int:
        return len(self._waits)
