from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from automatosx_nb.model.acts import Act
from automatosx_nb.model.identity import Actor, Role
from automatosx_nb.registry.acts import record
from automatosx_nb.registry.audit import AuditLog
from automatosx_nb.registry.database import Database

ANN, REVIEWER = Actor("ann", token="t1", request="r1"), Actor("rob", roles=frozenset({Role.REVIEWER}))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "r.sqlite")
    yield database
    database.close()


@pytest.fixture
def log(database: Database) -> AuditLog:
    with database.write() as connection:
        record(connection, ANN, "yank", plugin="acme.a", version="1.0.0", reason="It leaks.")
        for version in ("1.0.1", "1.0.2", "1.0.3"):
            record(connection, REVIEWER, "approve", plugin="acme.a", version=version)
        record(connection, REVIEWER, "approve", plugin="acme.b", version="2.0.0")
    return AuditLog(database)


def test_an_act_is_read_as_it_was_recorded(log: AuditLog) -> None:
    (act,) = log.read(REVIEWER, action="yank").items
    assert act == Act(1, act.at, "ann", "yank", "acme.a", "1.0.0", {"reason": "It leaks."}, "t1", "r1")


def test_who_reads_nothing_but_its_own_reads_its_own(log: AuditLog) -> None:
    assert [each.actor for each in log.read(ANN).items] == ["ann"]
    assert log.read(ANN, by="rob").items == ()
    assert len(log.read(REVIEWER).items) == 5


def test_pages_follow_each_other_while_acts_arrive(log: AuditLog, database: Database) -> None:
    first = log.read(REVIEWER, plugin="acme.a", size=2)
    assert [each.version for each in first.items] == ["1.0.3", "1.0.2"]
    with database.write() as connection:
        record(connection, REVIEWER, "approve", plugin="acme.a", version="1.0.4")
    second = log.read(REVIEWER, plugin="acme.a", size=2, before=first.next)
    assert [each.version for each in second.items] == ["1.0.1", "1.0.0"]
    assert second.next is None


def test_an_act_that_was_undone_left_no_row(log: AuditLog, database: Database) -> None:
    def undone() -> None:
        with database.write() as connection:
            record(connection, ANN, "yank", plugin="acme.c")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        undone()
    assert log.read(REVIEWER, plugin="acme.c").items == ()
