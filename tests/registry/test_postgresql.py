"""What is PostgreSQL's alone; what it has in common with SQLite is tested where both are."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import insert, select

from automatosx_nb.errors import InvalidConfiguration, StorageFailed, StoreUnreachable
from automatosx_nb.registry.database import Database
from automatosx_nb.registry.migrations import HEAD
from automatosx_nb.registry.objects import open_objects
from automatosx_nb.registry.schema import publishers, sequence
from tests.servers.postgresql import PostgreSQL


@pytest.fixture
def database(postgresql: PostgreSQL, migrated: str) -> Iterator[Database]:
    with closing(Database(postgresql.database(template=migrated))) as database:
        yield database


def put_publisher(database: Database, name: str) -> None:
    with database.write() as connection:
        connection.execute(insert(publishers).values(name=name, verified=False, created=""))


def names(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.execute(select(publishers.c.name)).scalars())


def test_reading_cannot_write(database: Database) -> None:
    with pytest.raises(Exception, match="read-only transaction"), database.read() as connection:
        connection.execute(insert(publishers).values(name="acme", verified=False, created=""))


def test_a_connection_that_is_lost_in_a_write_is_said_and_the_next_one_is_made_anew(
    database: Database, postgresql: PostgreSQL
) -> None:
    put_publisher(database, "before")

    def write_and_lose() -> None:
        with database.write() as connection:
            connection.execute(insert(publishers).values(name="lost", verified=False, created=""))
            backend = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            postgresql.run(f"SELECT pg_terminate_backend({backend}, 5000)")
            connection.execute(select(sequence.c.value))

    with pytest.raises(StoreUnreachable) as caught:
        write_and_lose()
    assert "may be asked again" in str(caught.value)
    put_publisher(database, "after")
    assert names(database) == ["before", "after"]


def test_a_node_that_hangs_within_a_write_keeps_the_others_waiting_for_a_while_only(
    database: Database, postgresql: PostgreSQL
) -> None:
    name = urlsplit(database.where).path
    url = f"postgresql+psycopg://postgres@{name}?host={postgresql.folder}"
    hasty = "&options=-c%20idle_in_transaction_session_timeout%3D50ms"

    def hang() -> None:
        with closing(Database(url + hasty)) as hanging, hanging.write() as connection:
            put_publisher(database, "another")
            connection.execute(select(sequence.c.value))

    with pytest.raises(StoreUnreachable):
        hang()
    assert names(database) == ["another"]


def test_connections_that_were_lost_while_nobody_used_them_are_not_noticed(
    database: Database, postgresql: PostgreSQL
) -> None:
    put_publisher(database, "before")
    postgresql.run(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'automatosx_nb'"
    )
    assert names(database) == ["before"]


def test_a_server_that_is_not_there_is_said_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(StoreUnreachable) as caught:
        Database(f"postgresql+psycopg://ann:s3cret@/registry?host={tmp_path}")
    assert caught.value.store == "postgresql+psycopg://ann:***@/registry"
    assert "s3cret" not in str(caught.value)


def test_a_character_that_postgresql_does_not_have_is_replaced_and_finds_nothing(database: Database) -> None:
    put_publisher(database, "a\0b")
    assert names(database) == ["a\ufffdb"]
    with database.read() as connection:
        query = select(publishers.c.key).where(publishers.c.name == "a\0")
        assert connection.execute(query).one_or_none() is None


def test_what_is_too_long_for_its_column_is_refused(database: Database) -> None:
    with pytest.raises(StorageFailed, match="22001"):
        put_publisher(database, "x" * 129)


MIGRATE = """
import sys
from automatosx_nb.registry.database import Database
from automatosx_nb.registry.migrations import run
print("ready", flush=True)
sys.stdin.readline()
done = []
upgrade = run.upgrade
run.upgrade = lambda *to: (done.append(1), upgrade(*to))
database = Database(sys.argv[1])
print(len(done), database.revision())
"""


def test_of_nodes_that_start_together_on_an_empty_database_one_migrates_it(postgresql: PostgreSQL) -> None:
    url, pipe = postgresql.database(), subprocess.PIPE
    command = [sys.executable, "-c", MIGRATE, url]
    nodes = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(2)]
    for node in nodes:
        assert node.stdout is not None
        assert node.stdout.readline() == "ready\n"
    for node in nodes:
        assert node.stdin is not None
        node.stdin.write("\n")
        node.stdin.flush()
    assert sorted(node.communicate()[0] for node in nodes) == [f"0 {HEAD}\n", f"1 {HEAD}\n"]


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("nonsense", "it is none"),
        ("mysql://ann:s3cret@host/registry", "mysql is not served"),
        ("postgresql+asyncpg://ann:s3cret@host/registry", "not served"),
        ("sqlite://", "not served"),
        ("", "it is none"),
    ],
)
def test_a_url_of_no_database_that_is_served_is_refused_with_one_that_would_be(url: str, reason: str) -> None:
    with pytest.raises(InvalidConfiguration, match=reason) as caught:
        Database(url)
    assert "postgresql+psycopg://user@host/database" in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_file_of_sqlite_may_be_named_by_its_url(tmp_path: Path) -> None:
    with closing(Database(f"sqlite:///{tmp_path / 'r.sqlite'}")) as database:
        assert database.where == os.fspath(tmp_path / "r.sqlite")
        assert database.revision() == HEAD


@pytest.mark.parametrize(("library", "room"), [("psycopg", "database.postgresql"), ("obstore", "objects.shared")])
def test_a_library_that_is_not_installed_is_named_with_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, library: str, room: str
) -> None:
    monkeypatch.delitem(sys.modules, f"automatosx_nb.registry.{room}", raising=False)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(InvalidConfiguration, match=r"pip install 'automatosx-nb\[server\]'"):
        Database("postgresql+psycopg://host/registry") if library == "psycopg" else open_objects("s3://bucket")
