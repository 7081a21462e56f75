"""``migrate``, on a file and in PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from automatosx_nb.app import Marketplace
from automatosx_nb.commands.verbs import Answer, answer
from automatosx_nb.errors import InvalidConfiguration, RegistryTooNew, UsageError
from automatosx_nb.registry.migrations import HEAD, REVISIONS
from tests.commands.test_verbs import Console

if TYPE_CHECKING:
    from tests.servers.postgresql import PostgreSQL

Migrate = Callable[..., Answer]
OLD = REVISIONS[-2]


@pytest.fixture
def console() -> Console:
    return Console()


@pytest.fixture
def migrate(home: Path, console: Console) -> Migrate:
    market = Marketplace()

    def type_it(url: str, *words: str) -> Answer:
        return answer(["migrate", "--db", url, *words], lambda: market, console)

    return type_it


def test_of_an_empty_database_it_makes_a_registry_and_of_a_current_one_nothing(
    migrate: Migrate, postgresql: PostgreSQL
) -> None:
    url = postgresql.database()
    before = migrate(url, "--check")
    assert (before.status, before.text.endswith(f"is at no revision, and would be brought to {HEAD}.")) == (3, True)
    assert migrate(url).text.endswith(f"is at {HEAD} now; it was at no revision.")
    assert migrate(url).text.endswith(f"is at {HEAD} already.")
    assert (migrate(url, "--check").status, postgresql.run("SELECT count(*) FROM plugins", url)) == (0, [(0,)])


def test_back_only_where_somebody_says_so(migrate: Migrate, console: Console, postgresql: PostgreSQL) -> None:
    url = postgresql.database()
    migrate(url)
    with pytest.raises(UsageError, match="--yes"):
        migrate(url, "--to", OLD)
    assert migrate(url, "--check").status == 0
    console.answer = True
    assert migrate(url, "--to", OLD).text.endswith(f"is at {OLD} now; it was at {HEAD}.")
    assert migrate(url).text.endswith(f"is at {HEAD} now; it was at {OLD}.")
    console.answer = None
    migrate(url, "--to", OLD, "--yes")
    assert postgresql.run("SELECT version_num FROM alembic_version", url) == [(OLD,)]


def test_a_file_too_and_a_check_makes_none(migrate: Migrate, tmp_path: Path) -> None:
    file = tmp_path / "team" / "registry.sqlite"
    url = f"sqlite:///{file}"
    for words in ((), ("--check",)):
        with pytest.raises(InvalidConfiguration, match=r"registry\.sqlite"):
            migrate(url, *words)
    assert not file.parent.exists()
    file.parent.mkdir()
    sqlite3.connect(file).close()
    migrate(url, "--to", OLD)
    assert migrate(url, "--check").status == 3
    migrate(url)
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchall() == [(HEAD,)]


def test_what_a_newer_version_made_and_what_is_no_revision_is_left_alone(
    migrate: Migrate, postgresql: PostgreSQL
) -> None:
    url = postgresql.database()
    migrate(url)
    with pytest.raises(UsageError, match="no revision '9999'"):
        migrate(url, "--to", "9999")
    postgresql.run("UPDATE alembic_version SET version_num = '9999'", url)
    with pytest.raises(RegistryTooNew):
        migrate(url)
    assert migrate(url, "--check").status == 3
    assert postgresql.run("SELECT version_num FROM alembic_version", url) == [("9999",)]


def test_the_databases_password_is_in_no_answer(migrate: Migrate, postgresql: PostgreSQL) -> None:
    url = postgresql.database().replace("postgres@", "postgres:sesame@")
    assert "sesame" not in migrate(url, "--check").text + migrate(url).text
