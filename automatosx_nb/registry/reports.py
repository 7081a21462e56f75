"""Reports: what somebody says is wrong, until a reviewer has decided about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select, update

from automatosx_nb.errors import InvalidAct, UnknownReport
from automatosx_nb.model.moderation import LONGEST_TEXT, REPORT_KINDS, Report, ReportPage
from automatosx_nb.registry import acts, finding, revisions, stages
from automatosx_nb.registry.schema import reports

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from automatosx_nb.model.identity import Actor
    from automatosx_nb.model.moderation import ReportKind
    from automatosx_nb.registry.database import Database
    from automatosx_nb.registry.records import Record

MOST = 100
"""Reports in one page."""
MOST_OPEN = 20
"""Of one user."""
_DIGITS = 12
"""A report's number as the database has it, so that texts order as numbers do."""


class Reports:
    """Implements :class:`automatosx_nb.model.ports_registry.Reports`; methods may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def file(self, actor: Actor, plugin: str, kind: ReportKind, text: str, version: str | None = None) -> Report:
        """As :meth:`automatosx_nb.model.ports_registry.Reports.file`."""
        actor.speak()
        _check(kind, text)
        with self._database.write() as connection:
            revisions.hold(connection)
            if version is None:
                row = finding.find_releases(connection, actor, plugin)[0]
            else:
                row = finding.find_release(connection, actor, plugin, version)
            values = {"plugin": plugin, "version": version, "kind": kind, "text": text.strip()}
            before = _same(connection, actor, values)
            if before is not None:
                return _report(before)
            _refuse_too_many(connection, actor)
            number = revisions.next_revision(connection)
            stages.changed(connection, row.plugin, number)
            filed = {"id": _written(number), "reporter": actor.name, "filed": acts.now(), **values}
            connection.execute(insert(reports).values(filed))
            acts.record(connection, actor, "report", plugin=plugin, version=version, report=number, kind=kind)
            return _report(_row(connection, actor, number))

    def all(
        self,
        actor: Actor,
        *,
        plugin: str | None = None,
        is_open: bool | None = None,
        before: int | None = None,
        size: int = 50,
    ) -> ReportPage:
        """As :meth:`automatosx_nb.model.ports_registry.Reports.all`."""
        size = min(max(size, 1), MOST)
        query = select(reports).order_by(reports.c.id.desc()).limit(size + 1)
        if not actor.reads_all:
            query = query.where(reports.c.reporter == actor.name)
        if plugin is not None:
            query = query.where(reports.c.plugin == plugin)
        if is_open is not None:
            query = query.where(reports.c.closed.is_(None) if is_open else reports.c.closed.is_not(None))
        if before is not None:
            query = query.where(reports.c.id < _written(before))
        with self._database.read() as connection:
            found = [_report(row) for row in connection.execute(query)]
        return ReportPage(tuple(found[:size]), found[size - 1].number if len(found) > size else None)

    def close(self, actor: Actor, number: int, outcome: str) -> Report:
        """As :meth:`automatosx_nb.model.ports_registry.Reports.close`."""
        actor.review()
        if not outcome.strip() or len(outcome) > LONGEST_TEXT:
            raise InvalidAct("closing a report takes its outcome", f"Say it in 1 to {LONGEST_TEXT} characters")
        with self._database.write() as connection:
            revisions.hold(connection)
            row = _row(connection, actor, number)
            if (row.closed_by, row.outcome) == (actor.name, outcome.strip()):
                return _report(row)
            if row.closed is not None:
                raise InvalidAct(f"report {number} was closed by {row.closed_by!r}: {row.outcome}", "File a new one")
            values = {"closed": acts.now(), "closed_by": actor.name, "outcome": outcome.strip()}
            connection.execute(update(reports).where(reports.c.id == row.id).values(values))
            told = {"report": number, "outcome": values["outcome"]}
            acts.record(connection, actor, "report-close", plugin=row.plugin, version=row.version, **told)
            return _report(_row(connection, actor, number))


def _written(number: int) -> str:
    return f"{number:0{_DIGITS}}"


def _check(kind: str, text: str) -> None:
    if kind not in REPORT_KINDS:
        raise InvalidAct(f"there is no kind of report {kind!r}", f"There are {', '.join(REPORT_KINDS)}")
    if not text.strip() or len(text) > LONGEST_TEXT:
        raise InvalidAct("a report says what is wrong", f"Say it in 1 to {LONGEST_TEXT} characters")


def _same(connection: Connection, actor: Actor, values: Mapping[str, object]) -> Record | None:
    """An open one of the actor's that says the same: it was sent twice."""
    query = select(reports).where((reports.c.reporter == actor.name) & reports.c.closed.is_(None))
    for name, value in values.items():
        query = query.where(reports.c[name].is_(None) if value is None else reports.c[name] == value)
    return connection.execute(query).first()


def _refuse_too_many(connection: Connection, actor: Actor) -> None:
    mine = (reports.c.reporter == actor.name) & reports.c.closed.is_(None)
    if connection.execute(select(func.count()).select_from(reports).where(mine)).scalar_one() >= MOST_OPEN:
        raise InvalidAct(f"{MOST_OPEN} reports of yours are open", "Wait until reviewers have decided about some")


def _row(connection: Connection, actor: Actor, number: int) -> Record:
    """:raises UnknownReport: there is none that the actor may see."""
    seen = reports.c.id == _written(number)
    if not actor.reads_all:
        seen &= reports.c.reporter == actor.name
    row = connection.execute(select(reports).where(seen)).one_or_none()
    if row is None:
        raise UnknownReport(number)
    return row


def _report(row: Record) -> Report:
    return Report(
        int(row.id),
        row.plugin,
        row.version,
        row.reporter,
        row.kind,
        row.text,
        row.filed,
        row.closed,
        row.closed_by,
        row.outcome,
    )
