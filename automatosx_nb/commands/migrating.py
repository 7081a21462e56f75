"""``migrate``: the tables of a registry's database, brought up to date, or back for an older version."""

from __future__ import annotations

from argparse import Namespace
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from automatosx_nb.commands.serving import config_of
from automatosx_nb.commands.verbs import Answer, Console, Verb
from automatosx_nb.errors import UsageError

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace
    from automatosx_nb.host.arguments import Parser

BEHIND = 3
"""The exit status where a check found that it is to be migrated."""


def _configure(parser: Parser) -> None:
    parser.add_argument("--db", help="URL of the database; default: what configuration says, else this user's registry")
    parser.add_argument("--config", help="file of settings (.py or .json) with c.RegistryServer.db")
    parser.add_argument("--to", help="a revision; default: the newest that this version knows")
    parser.add_argument("--check", action="store_true", help="only say which one it is, and exit with 3 if another")
    parser.add_argument("--yes", action="store_true", help="to an older revision: lose what it has no tables for")


def _migrate(_market: Marketplace, options: Namespace, console: Console) -> Answer:
    from automatosx_nb.config import load_settings
    from automatosx_nb.config.serving import database_of
    from automatosx_nb.registry.database import Database
    from automatosx_nb.registry.migrations import HEAD, REVISIONS

    to = options.to or HEAD
    if to not in REVISIONS:
        raise UsageError(f"there is no revision {to!r}", f"{console.prefix} migrate --to {{{','.join(REVISIONS)}}}")
    settings = load_settings(config_of(options.config))
    serving = replace(settings.server, db=options.db or settings.server.db)
    with closing(Database(database_of(serving, settings.home), migrate=False)) as database:
        before = database.revision()
        data = {"database": database.where, "before": before, "revision": to, "newest": HEAD}
        if options.check:
            said = "is at" if before == to else f"is at {before or 'no revision'}, and would be brought to"
            return Answer(
                f"{database.where} {said} {to}.", {**data, "revision": before}, status=BEHIND * (before != to)
            )
        if before == to:
            return Answer(f"{database.where} is at {to} already.", data)
        if before in REVISIONS and before > to and not _may_lose(options, console, to):
            raise UsageError(f"{to} has no place for all that {before} keeps", f"{console.prefix} migrate … --yes")
        database.migrate(to)
    return Answer(f"{data['database']} is at {to} now; it was at {before or 'no revision'}.", data)


def _may_lose(options: Namespace, console: Console, to: str) -> bool:
    return bool(options.yes or console.confirm(f"What {to} has no tables for is lost. Go on?"))


VERBS = (Verb("migrate", "a registry's tables, up to date or back", _configure, _migrate, json=True),)
