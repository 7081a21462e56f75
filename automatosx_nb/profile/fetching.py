"""Artifacts into the store: several at once, from whoever has them, gone on with where a connection broke.

Threads download; whoever asked hears of it on its own thread, and may stop it there by raising. Nothing is written
after that, and what has come stays for the next try. No source is believed: bytes are counted and hashed as they come.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING

from automatosx_nb.errors import ArtifactMismatch, ArtifactTooLarge, AutomatosxError, RegistryUnreachable
from automatosx_nb.model.progress import Transfer, seconds_left
from automatosx_nb.package import CAPS
from automatosx_nb.profile.partial import Partial

if TYPE_CHECKING:
    from automatosx_nb.model.ports import ArtifactSource, Registry
    from automatosx_nb.profile.store import Store

AT_ONCE = 6
RESUMES = 5
"""How often one source is asked to go on after its connection broke, as long as something more came each time."""
_TELL_S = 0.1
"""What comes is told no more often."""
_WAKE_S = 0.5
"""Windows interrupts no longer wait."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An artifact that the store lacks. ``size`` is what was announced, bytes; 0: nobody knows."""

    id: str
    version: str
    sha256: str
    size: int


def fetch(
    store: Store,
    registry: Registry,
    wanted: Sequence[Wanted],
    told: Callable[[Transfer], None],
    *,
    at_once: int = AT_ONCE,
) -> None:
    """Bring all of ``wanted`` that ``store`` does not hold whole into it, or raise what is wrong with the first that
    cannot be had.

    The caller holds the store's lock. The registry's mirrors are asked first, in their order.

    :param told: is told of what has come, on this thread; what it raises ends the fetch.
    :raises ArtifactMismatch: every source has other bytes.
    :raises ArtifactTooLarge: or more of them than were announced.
    :raises RegistryUnreachable:
    :raises UnknownRelease:
    :raises StorageFull:
    """
    lacking = {each.sha256: each for each in wanted if not store.holds(each.sha256)}
    for each in lacking.values():
        if each.size > CAPS.artifact_mb << 20:
            most = f"the {CAPS.artifact_mb} MiB that an artifact may have"
            raise ArtifactTooLarge(each.id, each.version, registry.address, most)
    if lacking:
        _Fetch(store, (*registry.mirrors, registry), tuple(lacking.values()), told).run(at_once)


class _Stopped(Exception):
    """The fetch was ended meanwhile."""


@dataclass(frozen=True, slots=True)
class _News:
    """Of one download: bytes that came, or were there already; its end, or what ended it."""

    came: int = 0
    had: int = 0
    whole: bool = False
    error: Exception | None = None


class _Fetch:
    def __init__(
        self,
        store: Store,
        sources: Sequence[ArtifactSource],
        wanted: Sequence[Wanted],
        told: Callable[[Transfer], None],
    ) -> None:
        self._store = store
        self._sources = sources
        self._wanted = wanted
        self._told = told
        self._waiting: SimpleQueue[Wanted] = SimpleQueue()
        self._news: SimpleQueue[_News] = SimpleQueue()
        self._gate = threading.Lock()
        self._stopped = False
        self._began = monotonic()
        self._spoke = float("-inf")
        self._came = self._had = self._whole = 0

    def run(self, at_once: int) -> None:
        for each in self._wanted:
            self._waiting.put(each)
        for number in range(min(at_once, len(self._wanted))):
            threading.Thread(target=self._work, name=f"automatosx-fetch-{number}", daemon=True).start()
        try:
            self._tell()
            while self._whole < len(self._wanted):
                self._hear()
        finally:
            with self._gate:
                self._stopped = True

    def _hear(self) -> None:
        try:
            news = self._news.get(timeout=_WAKE_S)
        except Empty:
            self._tell()  # nothing comes, and whoever watches may want to stop it for that
            return
        if news.error is not None:
            raise news.error
        self._came += news.came
        self._had += news.had
        self._whole += news.whole
        if monotonic() - self._spoke >= _TELL_S or self._whole == len(self._wanted):
            self._tell()

    def _tell(self) -> None:
        self._spoke = monotonic()
        done, total = self._had + self._came, sum(each.size for each in self._wanted)
        left = seconds_left(total - done, self._came, self._spoke - self._began)
        self._told(Transfer(self._whole, len(self._wanted), done, total, left))

    def _work(self) -> None:
        """One thread: downloads until none waits, or one failed."""
        while not self._stopped and not self._waiting.empty():
            try:
                wanted = self._waiting.get_nowait()
                self._download(wanted)
            except (Empty, _Stopped):
                return
            except Exception as error:  # noqa: BLE001 - it is raised where the fetch was asked for
                self._news.put(_News(error=error))
                return
            self._news.put(_News(whole=True))

    def _download(self, wanted: Wanted) -> None:
        """:raises AutomatosxError: of the last source, which is the registry itself."""
        with Partial(self._store, wanted.sha256) as partial:
            self._news.put(_News(had=partial.size))
            try:
                self._from_any(wanted, partial)
            finally:
                with self._gate:
                    if not self._stopped:
                        partial.drop_if_empty()

    def _from_any(self, wanted: Wanted, partial: Partial) -> None:
        for source in self._sources[:-1]:
            try:
                return self._from(source, wanted, partial)
            except AutomatosxError:
                continue
        return self._from(self._sources[-1], wanted, partial)

    def _from(self, source: ArtifactSource, wanted: Wanted, partial: Partial) -> None:
        for _ in range(RESUMES):
            before = partial.size
            try:
                return self._read(source, wanted, partial)
            except RegistryUnreachable:
                if partial.size == before:
                    raise
        return self._read(source, wanted, partial)

    def _read(self, source: ArtifactSource, wanted: Wanted, partial: Partial) -> None:
        """What is missing; where it does not fit what was there already, all of it."""
        resumed = partial.size
        if not wanted.size or partial.size < wanted.size:
            with closing(source.artifact(wanted.id, wanted.version, start=partial.size)) as pieces:
                for piece in pieces:
                    self._take(piece, source, wanted, partial)
        if partial.digest == wanted.sha256:
            self._refuse_when_stopped()
            partial.finish()
            return
        actual = partial.digest
        self._forget(partial)
        if not resumed:
            raise ArtifactMismatch(wanted.id, wanted.version, wanted.sha256, actual)
        self._read(source, wanted, partial)

    def _take(self, piece: bytes, source: ArtifactSource, wanted: Wanted, partial: Partial) -> None:
        most = wanted.size or CAPS.artifact_mb << 20
        if partial.size + len(piece) > most:
            self._forget(partial)
            raise ArtifactTooLarge(wanted.id, wanted.version, source.address, f"the {most} bytes that were announced")
        with self._gate:
            self._refuse_when_stopped()
            partial.write(piece)
        self._news.put(_News(came=len(piece)))

    def _forget(self, partial: Partial) -> None:
        with self._gate:
            self._refuse_when_stopped()
            self._news.put(_News(had=-partial.size))
            partial.restart()

    def _refuse_when_stopped(self) -> None:
        if self._stopped:
            raise _Stopped
