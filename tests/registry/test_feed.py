from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from automatosx_nb.registry.database import Database
from automatosx_nb.registry.feed import RevisionFeed
from automatosx_nb.registry.revisions import next_revision
from automatosx_nb.registry.service import EmbeddedRegistry
from tests.registry.conftest import Build
from tests.servers.postgresql import PostgreSQL
from tests.servers.s3 import S3


def change(database: Database) -> None:
    with database.write() as connection:
        next_revision(connection)


def test_ones_own_change_is_seen_at_once_and_anothers_when_what_was_read_is_no_longer_fresh(place: Path | str) -> None:
    now = 100.0
    with closing(Database(place)) as own, closing(Database(place)) as other:
        feed = RevisionFeed(own, lambda: now)
        assert feed.current() == 0
        change(own)
        assert feed.current() == 1
        change(other)
        assert feed.current() == (1 if own.fresh_s else 2)
        now += own.fresh_s
        assert feed.current() == 2
        assert own.fresh_s <= 0.5


def test_what_is_fresh_asks_the_database_nothing(place: Path | str, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(Database(place)) as database:
        feed = RevisionFeed(database, lambda: 100.0)
        feed.current()
        monkeypatch.setattr(database, "fresh_s", 1.0)
        database.close()
        monkeypatch.setattr(database, "read", None)
        assert [feed.current() for _ in range(3)] == [0, 0, 0]


def test_a_file_that_nobody_wrote_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "registry.sqlite"
    with closing(Database(path)) as own, closing(Database(path)) as other:
        feed = RevisionFeed(own)
        assert feed.current() == 0
        with monkeypatch.context() as unread:
            unread.setattr(own, "read", None)
            assert feed.current() == 0
        change(other)
        assert feed.current() == 1


NODE = """
import sys
from automatosx_nb.model.release import SearchQuery
from automatosx_nb.registry.service import EmbeddedRegistry
with EmbeddedRegistry.at(*sys.argv[1:]) as registry:
    for line in sys.stdin:
        wanted = int(line)
        while (total := registry.search(SearchQuery("doctor")).total) != wanted:
            pass
        print(total, registry.revision, len(b"".join(registry.artifact("acme.csv-doctor", "1.0.0"))), flush=True)
"""


def test_what_one_node_publishes_another_one_finds_and_hands_out(
    postgresql: PostgreSQL, migrated: str, s3: S3, build: Build
) -> None:
    where = postgresql.database(template=migrated), f"{s3.bucket()}/registry"
    first, second = build(), build("nordic.doctor")
    command = [sys.executable, "-c", NODE, *where]
    pipe = subprocess.PIPE
    with (
        EmbeddedRegistry.at(*where) as here,
        subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, bufsize=1) as there,
    ):
        assert there.stdin is not None
        assert there.stdout is not None
        for count, artifact in enumerate((first, second), start=1):
            here.publish(artifact)
            there.stdin.write(f"{count}\n")
            assert there.stdout.readline() == f"{count} {here.revision} {len(first)}\n"
        there.stdin.close()
        there.wait()
        assert here.plugin("acme.csv-doctor").summary.downloads == 2
