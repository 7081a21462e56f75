"""``history``, ``rollback``."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from automatosx_nb.commands import text
from automatosx_nb.commands.changes import done
from automatosx_nb.commands.verbs import Answer, Console, Verb
from automatosx_nb.model.history import HistoryEntry

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace
    from automatosx_nb.host.arguments import Parser


def _history(market: Marketplace, options: Namespace, console: Console) -> Answer:
    entries = market.history()
    if not entries:
        return Answer("Nothing was ever installed in this profile.", entries)
    return Answer(text.table(("", "generation", "when (UTC)", "who", "what"), map(_row, entries)), entries)


def _row(entry: HistoryEntry) -> tuple[str, str, str, str, str]:
    when = entry.created[:16].replace("T", " ")
    return "→" if entry.current else " ", str(entry.number), when, entry.by, entry.action


def _configure_rollback(parser: Parser) -> None:
    parser.add_argument(
        "--to", type=int, metavar="N", help="the generation to go back to; default: before the last change"
    )
    parser.add_argument("--plan", action="store_true", help="only show what would change")


def _rollback(market: Marketplace, options: Namespace, console: Console) -> Answer:
    if options.plan:
        plan = market.plan_rollback(options.to)
        return Answer(text.plan(plan), plan)
    applied = market.rollback(options.to, progress=console.progress)
    return Answer(done(market, applied, console, undo=f"rollback --to {applied.plan.base}"), applied)


VERBS = (
    Verb(
        "rollback",
        "go back to an earlier generation, with its plugins' state",
        _configure_rollback,
        _rollback,
    ),
    Verb("history", "every generation of this profile", lambda _parser: None, _history, reads=True),
)
