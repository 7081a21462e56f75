"""Grants that no profile knows: until this kernel ends, or for one call; and what was refused when it was asked for."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Collection


class SessionGrants:
    """By plugin. ``version`` changes whenever anything here does."""

    def __init__(self) -> None:
        self.version = 0
        self._lock = threading.Lock()
        self._kept: defaultdict[str, list[str]] = defaultdict(list)
        self._once: defaultdict[str, list[str]] = defaultdict(list)
        self._refused: defaultdict[str, list[str]] = defaultdict(list)

    def add(self, plugin: str, texts: Collection[str], *, once: bool = False) -> None:
        """:param once: for the plugin's next call only."""
        with self._lock:
            held = (self._once if once else self._kept)[plugin]
            held += [text for text in texts if text not in held]
            self.version += 1

    def of(self, plugin: str) -> tuple[str, ...]:
        """What ``plugin`` holds until the kernel ends."""
        with self._lock:
            return tuple(self._kept.get(plugin, ()))

    def waiting(self, plugin: str) -> tuple[str, ...]:
        """What ``plugin`` holds for its next call."""
        with self._lock:
            return tuple(self._once.get(plugin, ()))

    def held(self, plugin: str) -> tuple[str, ...]:
        """Both."""
        return *self.of(plugin), *self.waiting(plugin)

    def take_once(self, plugin: str) -> tuple[str, ...]:
        """What ``plugin`` holds for the call that begins now; there is no second one."""
        with self._lock:
            return tuple(self._once.pop(plugin, ()))

    def refuse(self, plugin: str, text: str) -> None:
        """Somebody was asked, and said no: the plugin does not ask again."""
        with self._lock:
            self._refused[plugin].append(text)

    def refused(self, plugin: str) -> tuple[str, ...]:
        with self._lock:
            return tuple(self._refused.get(plugin, ()))

    def drop(self, plugin: str, text: str) -> tuple[str, ...]:
        """Take back what ``text`` covers, and say what that was."""
        from automatosx_nb.model.permissions import Permission

        permission = Permission.parse(text)
        with self._lock:
            gone: list[str] = []
            for held in (self._kept.get(plugin, []), self._once.get(plugin, [])):
                covered = [each for each in held if permission.covers(Permission.parse(each))]
                held[:] = [each for each in held if each not in covered]
                gone += covered
            self.version += bool(gone)
        return tuple(dict.fromkeys(gone))

    def forget(self, plugins: Collection[str]) -> None:
        """Nothing is held for any but ``plugins``: what is removed and installed again asks again."""
        with self._lock:
            for held in (self._kept, self._once, self._refused):
                for plugin in [each for each in held if each not in plugins]:
                    del held[plugin]
                    self.version += 1
