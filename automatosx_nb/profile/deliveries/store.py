"""The file of what durable subscribers are owed. What is written here is on disk when the call returns."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from automatosx_nb.errors import DeliveriesDamaged, StorageFailed
from automatosx_nb.files import make_folder
from automatosx_nb.model.delivery import (
    DeadLetter,
    Ended,
    Envelope,
    Outcome,
    Owed,
    Pending,
    Retries,
    Subscriber,
    Terms,
)
from automatosx_nb.profile.database import Connection, connect, database_errors, transaction
from automatosx_nb.profile.deliveries import accepting, dead, leasing, retaining, standing
from automatosx_nb.profile.deliveries.owners import Owner, is_gone
from automatosx_nb.profile.deliveries.tables import SCHEMA, ids_of

LEASE_S = 60.0
"""How long a kernel may hold an event without a word, before another may take it that cannot see that it ended."""
FORKED = "only the process that opened it may use it, and this one is a fork of that"
BATCH = 32
"""Events that a kernel takes at once for one subscriber."""

Put = tuple[Envelope, Collection[Subscriber]]


@dataclass(frozen=True, slots=True)
class Exchanged:
    """``rejected``: for each put, who had no room; ``next_due``: when the next waiting try is, seconds since 1970."""

    rejected: tuple[tuple[Subscriber, ...], ...]
    owed: tuple[Owed, ...]
    next_due: float | None


class Deliveries:
    """One profile's, for any number of kernels and threads. Making it touches no file; the first subscription does.

    Every method may raise ``DeliveriesDamaged``, ``StorageFull``, ``ProfileReadOnly`` and ``StorageFailed``; then
    nothing of what it was asked for was done.
    In a fork of the process that made it, each raises ``StorageFailed``. ``clock``: seconds since 1970.
    """

    def __init__(
        self,
        folder: Path,
        *,
        retries: Retries | None = None,
        lease_s: float = LEASE_S,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._folder = folder
        self.path = folder / "deliveries.sqlite3"
        self._retries = retries or Retries()
        self._lease_s = lease_s
        self._clock = clock
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._connection: Connection | None = None
        self._owner: Owner | None = None

    def follow(
        self, generation: int, subscribers: Mapping[Subscriber, Terms], events: Sequence[Envelope] = ()
    ) -> tuple[Ended, ...]:
        """Have the durable subscriptions of a generation, and what ended with it; an older generation changes nothing.

        An ended subscription's events and dead letters are gone, and counted in the result. ``events`` are what the
        generation changed: they are kept for who subscribed before it, once, whoever tells of it.
        """
        if self.followed() >= generation or not (subscribers or self.path.exists()):
            return ()
        with self._writing() as connection:
            return standing.follow(connection, generation, subscribers, events, self._clock())

    def followed(self) -> int:
        """The newest generation whose subscriptions are here; 0: none."""
        with self._reading() as connection:
            return 0 if connection is None else standing.followed(connection)

    def publish(self, event: Envelope, subscribers: Collection[Subscriber]) -> tuple[Subscriber, ...]:
        """Keep ``event`` for those of ``subscribers`` who subscribe, and return those whose full queue refused it."""
        if not subscribers:
            return ()
        with self._writing() as connection:
            return accepting.accept(connection, event, subscribers, self._clock())

    def exchange(
        self,
        puts: Sequence[Put] = (),
        outcomes: Iterable[Outcome] = (),
        wanted: Collection[Subscriber] = (),
        *,
        retain: Sequence[Envelope] = (),
        most: int = BATCH,
    ) -> Exchanged:
        """Publish ``puts``, write down ``outcomes`` of what was owed, and take what ``wanted`` are owed now, at once.

        ``wanted``: subscribers of whom this kernel holds nothing. What it holds already stays its own for at least
        three quarters of another :data:`LEASE_S` seconds. ``retain``: kept as the last events of their topics.
        """
        with self._writing() as connection:
            now, owner = self._clock(), self._owned().name
            rejected = tuple(accepting.accept(connection, event, whose, now) for event, whose in puts)
            if retain:
                retaining.retain(connection, retain)
            leasing.settle(connection, owner, outcomes, self._retries, now)
            leasing.renew(connection, owner, now, self._lease_s)
            if not wanted:
                return Exchanged(rejected, (), None)
            leasing.take_over(connection, owner, lambda name: is_gone(self._owners, name), self._retries, now)
            leasing.expire(connection, now)
            rows = ids_of(connection, wanted)
            owed = leasing.lease(connection, owner, rows, now=now, until=now + self._lease_s, most=most)
            return Exchanged(rejected, tuple(owed), leasing.next_due(connection, list(rows), now))

    def dead(self, plugin: str = "") -> tuple[DeadLetter, ...]:
        """Dead letters, oldest first."""
        with self._reading() as connection:
            return () if connection is None else dead.letters(connection, plugin)

    def replay(self, numbers: Iterable[int] | None = None, *, plugin: str = "") -> int:
        """Owe dead letters (None: all of them) to their subscribers again, in their old places, with all their tries.

        :raises UnknownDeadLetter: nothing is replayed.
        """
        with self._writing() as connection:
            return dead.replay(connection, numbers, plugin)

    def drop(self, numbers: Iterable[int] | None = None, *, plugin: str = "") -> int:
        """Forget dead letters; as :meth:`replay`."""
        with self._writing() as connection:
            return dead.drop(connection, numbers, plugin)

    def pending(self, plugin: str = "") -> tuple[Pending, ...]:
        """What each durable subscriber is owed."""
        with self._reading() as connection:
            return () if connection is None else standing.pending(connection, plugin, self._clock())

    def retained(self, pattern: str) -> tuple[Envelope, ...]:
        """The last events of topics that ``pattern`` means, as they were kept."""
        with self._reading() as connection:
            return () if connection is None else retaining.retained(connection, pattern, self._clock())

    def forget_retained(self, prefix: str) -> None:
        if self.path.exists():
            with self._writing() as connection:
                retaining.forget(connection, prefix)

    def close(self) -> None:
        """What this kernel still holds is free for others, and its try counts: call it when nothing is in flight."""
        if self._process != os.getpid():
            return
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                if self._owner is not None:
                    self._owner.close()
            self._connection = self._owner = None

    @property
    def _owners(self) -> Path:
        return self._folder / "owners"

    def _owned(self) -> Owner:
        if self._owner is None:
            self._owner = Owner(self._owners)
        return self._owner

    @contextmanager
    def _reading(self) -> Iterator[Connection | None]:
        """None where nothing was ever written."""
        if not self.path.exists():
            yield None
        else:
            with self._opened() as connection:
                yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._opened() as connection, transaction(connection):
            yield connection

    @contextmanager
    def _opened(self) -> Iterator[Connection]:
        if self._process != os.getpid():  # SQLite's own notes of locks are those of the parent at that moment
            raise StorageFailed(str(self.path), FORKED)
        with self._lock, database_errors(self.path, DeliveriesDamaged):
            if self._connection is None:
                make_folder(self._folder)
                self._connection = connect(self.path, SCHEMA)
            yield self._connection
