"""Capability calls, counted: what a call costs is an addition, and what is written is a line a minute."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from automatosx_nb.host.metering import Outcome

FLUSH_S = 60.0

METHODS: Mapping[str, frozenset[str]] = {
    "log": frozenset({"info", "warning", "error"}),
    "storage": frozenset({"get", "entry", "put", "delete", "apply", "scan", "usage"}),
    "settings": frozenset({"get"}),
    "secrets": frozenset({"get"}),
    "files": frozenset({"read", "write", "exists", "list"}),
    "http": frozenset({"request"}),
    "events": frozenset({"publish"}),
    "variables": frozenset({"names", "get", "set"}),
    "permissions": frozenset({"held", "request"}),
    "display": frozenset({"format"}),
    "services": frozenset({"find", "call"}),
}
"""Capability → the methods that are named in the log."""
OTHER = "(other)"
"""Stands for every other word: a plugin chose it, and could say in it whatever it was handed."""

_COUNTED: Mapping[Outcome, int] = {"done": 0, "failed": 1, "limited": 2}
_BYTES = 3
_Key = tuple[str, str, str]
"""Capability, method, permission."""


def named(capability: str, method: str) -> str:
    """How the log names a method."""
    return method if method in METHODS.get(capability, ()) else OTHER


class Record(Protocol):
    def __call__(self, kind: str, /, **detail: object) -> None: ...


class CallTally:
    """One plugin's calls, handed to ``record`` every ``flush_s`` seconds in which there were any.

    The first refusal of a kind is written at once, and so is the first failure of a service; those after it are
    counted. Safe from any thread.
    """

    def __init__(
        self, record: Record, *, flush_s: float = FLUSH_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._record = record
        self._flush_s = flush_s
        self._clock = clock
        self._due = clock() + flush_s
        self._calls = [0, 0]
        self._counts: dict[_Key, list[int]] = {}
        self._handed: dict[tuple[str, str], list[int]] = {}
        self._denied: dict[_Key, int] = {}
        self._services: dict[_Key, int] = {}
        self._told: set[_Key] = set()
        self._lock = threading.Lock()

    def handled(self, *, event: bool, times: int = 1) -> None:
        """A handler was called, by somebody or by an event."""
        with self._lock:
            self._calls[event] += times

    def handed(self, things: Iterable[tuple[str, str, int | None]]) -> None:
        """Somebody named these for a call: the type of each, its argument, and its bytes where they are known."""
        with self._lock:
            for kind, argument, size in things:
                counts = self._handed.setdefault((kind, argument), [0, 0])
                counts[0] += 1
                counts[1] += size or 0

    def service_failed(self, provider: str, service: str, error: str) -> None:
        """``service`` is one that the provider offers; of others only :data:`OTHER` is written."""
        with self._lock:
            key = (provider, service, error)
            self._services[key] = self._services.get(key, 0) + 1
            self._first(key)
        if self._clock() >= self._due:
            self.flush()

    def called(
        self, _plugin: str, capability: str, method: str, outcome: Outcome, moved_bytes: int, permission: str
    ) -> None:
        """As :class:`~automatosx_nb.host.metering.CallObserver` says."""
        key = (capability, named(capability, method), permission)
        with self._lock:
            if outcome == "denied":
                self._denied[key] = self._denied.get(key, 0) + 1
                self._first(key)
            else:
                counts = self._counts.get(key)
                if counts is None:
                    counts = self._counts[key] = [0, 0, 0, 0]
                counts[_COUNTED[outcome]] += 1
                counts[_BYTES] += moved_bytes
        if self._clock() >= self._due:
            self.flush()

    def _first(self, key: _Key) -> None:
        """Once of each kind, do not wait to write it."""
        if key not in self._told:
            self._told.add(key)
            self._due = 0.0

    def flush(self) -> None:
        """Hand out what was counted, and begin anew."""
        with self._lock:
            self._due = self._clock() + self._flush_s
            calls, counts, denied = self._calls, self._counts, self._denied
            self._calls, self._counts, self._denied = [0, 0], {}, {}
            handed, self._handed = self._handed, {}
            services, self._services = self._services, {}
        if any(calls):
            self._record("plugin-called", calls=calls[0], events=calls[1])
        for (kind, argument), (times, size) in handed.items():
            self._record("handed-over", type=kind, argument=argument, calls=times, bytes=size or None)
        for (capability, method, permission), (done, failed, limited, moved) in counts.items():
            self._record(
                "capability-calls",
                capability=capability,
                method=method,
                permission=permission or None,
                calls=done + failed + limited,
                failed=failed or None,
                limited=limited or None,
                bytes=moved or None,
            )
        for (capability, method, permission), refused in denied.items():
            self._record(
                "permission-denied", capability=capability, method=method, permission=permission, calls=refused
            )
        for (provider, service, error), failures in services.items():
            self._record("service-failed", provider=provider, service=service, error=error, calls=failures)
