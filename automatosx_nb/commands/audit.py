"""``audit``, ``resume``: what became of plugins, and a second chance for one that is suspended."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from automatosx_nb.commands import text
from automatosx_nb.commands.verbs import Answer, Console, Verb
from automatosx_nb.errors import NotInstalled, UsageError
from automatosx_nb.model.spelling import nearest

if TYPE_CHECKING:
    from argparse import Namespace

    from automatosx_nb.app import Marketplace
    from automatosx_nb.host.arguments import Parser
    from automatosx_nb.model.audit import AuditCheck, AuditEntry

SHOWN = 200
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def _configure(parser: Parser) -> None:
    parser.add_argument("--plugin", default="", metavar="ID", help="only what one plugin did")
    parser.add_argument("--since", default="", metavar="WHEN", help="as in 30m, 12h, 7d, or 2026-05-01T08:00")
    parser.add_argument("--denied", action="store_true", help="only what was stopped or refused")
    parser.add_argument("--most", type=int, default=SHOWN, metavar="N", help=f"the newest N entries; default: {SHOWN}")


def _audit(market: Marketplace, options: Namespace, console: Console) -> Answer:
    entries = market.audit.read(
        plugin=options.plugin,
        since=since(options.since, datetime.now(UTC)) if options.since else "",
        denied=options.denied,
        most=max(options.most, 1),
    )
    check = market.audit.check()
    head = ("entry", "when (UTC)", "plugin", "what", "detail")
    lines = [text.table(head, map(_row, entries)) if entries else "Nothing of that kind is in the log.", _state(check)]
    return Answer("\n".join(lines), {"entries": entries, "check": check})


def _row(entry: AuditEntry) -> tuple[str, str, str, str, str]:
    detail = ", ".join(f"{name} {_shown(value)}" for name, value in entry.detail.items())
    who = f"{entry.plugin} {entry.version}".strip()
    return str(entry.number), entry.time[:19].replace("T", " "), who, entry.kind, detail


def _shown(value: object) -> str:
    return "/".join(map(str, value)) if isinstance(value, list) else str(value)


def _state(check: AuditCheck) -> str:
    if check.broken_at is not None:
        return (
            f"THE CHAIN IS BROKEN at entry {check.broken_at}: the log was changed or damaged there. Nothing from that "
            "entry on can be relied upon; keep the file as it is."
        )
    return f"Entries: {check.entries}, none changed since it was written. Newest digest: {check.newest or 'none'}"


def since(words: str, now: datetime) -> str:
    """RFC 3339 in UTC, of a span before ``now`` or of a moment, which is UTC where it names no zone.

    :raises UsageError: it is neither.
    """
    span = re.fullmatch(r"(\d{1,5})([mhdw])", words)
    try:
        ago = None if span is None else timedelta(**{_UNITS[span[2]]: int(span[1])})
        when = datetime.fromisoformat(words) if ago is None else now - ago
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{words!r} is no time", "--since 30m, 12h, 7d, 2w, 2026-05-01 or 2026-05-01T08:00") from error
    when = when if when.tzinfo is not None else when.replace(tzinfo=UTC)
    return when.astimezone(UTC).isoformat(timespec="milliseconds")


def _configure_resume(parser: Parser) -> None:
    parser.add_argument("plugin", help="an installed plugin's id")


def _resume(market: Marketplace, options: Namespace, console: Console) -> Answer:
    installed = {entry.id: entry for entry in market.installed()}
    entry = installed.get(options.plugin)
    if entry is None:
        raise NotInstalled(options.plugin, nearest(options.plugin, installed))
    with console.runner(market, entry) as runner:
        lifted = runner.resume()
    if lifted:
        return Answer(f"{entry.id} is tried again at its next use.", {"id": entry.id, "resumed": True})
    where = "" if console.prefix.startswith("%") else "; each kernel suspends for itself, so type %ax resume there"
    return Answer(f"{entry.id} is not suspended here{where}.", {"id": entry.id, "resumed": False})


VERBS = (
    Verb("audit", "what became of plugins and their workers", _configure, _audit, json=True),
    Verb("resume", "try a suspended plugin again before its time", _configure_resume, _resume, json=True),
)
