from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from automatosx_nb.errors import RegistryBusy
from automatosx_nb.model.release import SearchQuery
from automatosx_nb.registry import records, schema
from automatosx_nb.registry.current import CurrentSearch
from automatosx_nb.registry.database import Database
from automatosx_nb.registry.downloads import DownloadCounter
from automatosx_nb.registry.objects import Folder
from automatosx_nb.registry.service import EmbeddedRegistry
from automatosx_nb.registry.storage import Storage
from tests.registry.conftest import Build

DOCTOR, LONG_S = "acme.csv-doctor", 3600.0


@pytest.fixture
def database(place: Path | str, tmp_path: Path, build: Build) -> Iterator[Database]:
    """With one release, whose key is 1, as its plugin's is."""
    with closing(Database(place)) as database:
        EmbeddedRegistry(Storage(database, Folder(tmp_path / "blobs"))).publish(build())
        yield database


def written(database: Database) -> int:
    with database.read() as connection:
        return int(connection.execute(select(func.coalesce(func.sum(schema.downloads.c.count), 0))).scalar_one())


def pending(counter: DownloadCounter) -> int:
    with counter._database.read() as connection:
        return counter.ever(DOCTOR) - counter.written(connection)(DOCTOR)


def test_downloads_of_any_threads_are_written_together_and_none_is_lost(database: Database) -> None:
    counter = DownloadCounter(database, LONG_S)
    before = database.last_write

    def download() -> None:
        for _ in range(500):
            counter.count(DOCTOR, 1)

    threads = [threading.Thread(target=download) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert (database.last_write, pending(counter), written(database)) == (before, 2000, 0)
    counter.close()
    assert (pending(counter), written(database)) == (0, 2000)
    counter.count(DOCTOR, 1)
    counter.close()
    assert written(database) == 2001


def test_they_are_written_by_themselves_after_a_while(database: Database) -> None:
    counter = DownloadCounter(database, 0.01)
    counter.count(DOCTOR, 1)
    timer = counter._timer
    assert timer is not None
    timer.join()
    assert (pending(counter), written(database)) == (0, 1)
    counter.close()


def test_what_cannot_be_written_now_is_written_later(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy() -> Any:
        raise RegistryBusy(database.where, 10)

    counter = DownloadCounter(database, LONG_S)
    counter.count(DOCTOR, 1)
    with monkeypatch.context() as patched:
        patched.setattr(database, "write", busy)
        counter.flush()
        assert pending(counter) == 1
    assert counter._timer is not None, "it is tried again"
    counter.close()
    assert written(database) == 1


def test_a_release_that_is_gone_takes_no_other_with_it(database: Database, tmp_path: Path, build: Build) -> None:
    EmbeddedRegistry(Storage(database, Folder(tmp_path / "blobs"))).publish(build(version="1.1.0"))
    counter = DownloadCounter(database, LONG_S)
    for release in (1, 2):
        counter.count(DOCTOR, release)
    with database.write() as connection:
        connection.execute(delete(schema.releases).where(schema.releases.c.key == 1))
    counter.close()
    assert written(database) == 1


def test_a_registry_shows_what_it_has_not_written_and_writes_it_when_it_closes(
    database: Database, place: Path | str, tmp_path: Path, build: Build
) -> None:
    storage = Storage(Database(place), Folder(tmp_path / "blobs"))
    with EmbeddedRegistry(storage) as registry:
        registry._downloads._every_s = LONG_S
        registry.search(SearchQuery())
        for _ in range(3):
            b"".join(registry.artifact(DOCTOR, "1.0.0"))
        b"".join(registry.artifact(DOCTOR, "1.0.0", start=5))
        registry.publish(build(version="2.0.0"))  # so the plugin is read anew
        assert written(database) == 0
        assert registry.plugin(DOCTOR).summary.downloads == 3
        assert registry.search(SearchQuery()).items[0].downloads == 3
    assert written(database) == 3


def read_anew(registry: EmbeddedRegistry) -> None:
    """By the index, before the next search."""
    assert isinstance(registry._search, CurrentSearch)
    registry._search._index.counted_at = float("-inf")


def shown(registry: EmbeddedRegistry) -> tuple[int, int]:
    (found,) = registry.search(SearchQuery()).items
    return registry.plugin(DOCTOR).summary.downloads, found.downloads


def test_what_is_shown_is_whole_where_counts_are_written_while_it_is_read(
    database: Database, place: Path | str, tmp_path: Path, build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = Storage(Database(place), Folder(tmp_path / "blobs"))
    with EmbeddedRegistry(storage) as registry:
        registry._downloads._every_s = LONG_S
        read = records._download_counts

        def then_more(connection: Any, keys: Any) -> Any:
            found = read(connection, keys)
            registry._downloads.flush()
            b"".join(registry.artifact(DOCTOR, "1.0.0"))
            return found

        shown(registry)
        b"".join(registry.artifact(DOCTOR, "1.0.0"))
        with monkeypatch.context() as patched:
            patched.setattr(records, "_download_counts", then_more)
            read_anew(registry)
            assert registry.search(SearchQuery()).items[0].downloads == 2
            assert registry.plugin(DOCTOR).summary.downloads == 3
        assert shown(registry) == (3, 3)


def test_what_is_shown_never_goes_down(database: Database, place: Path | str, tmp_path: Path) -> None:
    with EmbeddedRegistry(Storage(Database(place), Folder(tmp_path / "blobs"))) as registry:
        counter, last = registry._downloads, (0, 0)
        counter._every_s = LONG_S
        stopped = threading.Event()

        def count_and_write() -> None:
            for _ in range(40):
                counter.count(DOCTOR, 1, 5)
                counter.flush()
            stopped.set()

        with ThreadPoolExecutor(1) as threads:
            counting = threads.submit(count_and_write)
            while not stopped.is_set():
                read_anew(registry)
                now = shown(registry)
                assert all(after >= before for before, after in zip(last, now, strict=True)), (last, now)
                last = now
            counting.result()
        assert shown(registry) == (200, 200)
