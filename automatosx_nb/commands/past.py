"""``history``, ``rollback``, ``undo``."""

from __future__ import annotations

from argparse import SUPPRESS, Namespace
from collections.abc import Iterable
from typing import TYPE_CHECKING

from automatosx_nb.commands import text
from automatosx_nb.commands.changes import done
from automatosx_nb.commands.verbs import Answer, Console, Verb
from automatosx_nb.errors import UnknownGeneration, UsageError
from automatosx_nb.model.history import HistoryEntry
from automatosx_nb.model.printable import printable

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace
    from automatosx_nb.host.arguments import Parser
    from automatosx_nb.model.difference import Difference


def _history(market: Marketplace, options: Namespace, console: Console) -> Answer:
    if options.generation is not None:
        return _compared(market, options, console)
    entries = market.history()
    if not entries:
        return Answer("Nothing was ever installed in this profile.", entries)
    return Answer(text.table(("", "generation", "when (UTC)", "who", "where", "what"), map(_row, entries)), entries)


def _row(entry: HistoryEntry) -> tuple[str, str, str, str, str, str]:
    when = entry.created[:16].replace("T", " ")
    kept = "" if entry.kept is None else f" (kept{': ' + entry.kept if entry.kept else ''})"
    return "→" if entry.current else " ", str(entry.number), when, entry.by, entry.surface, entry.action + kept


def _configure_history(parser: Parser) -> None:
    parser.add_argument("generation", nargs="?", type=int, help="only this one, with all that it changed")
    parser.add_argument("other", nargs="?", type=int, help="what differs from the first generation to this one")


def _compared(market: Marketplace, options: Namespace, console: Console) -> Answer:
    number, other = options.generation, options.other
    if other is not None:
        found = market.differences(number, other)
        return Answer(_lines(found) or f"Generations {number} and {other} are the same.", found)
    entry = next((each for each in market.history() if each.number == number), None)
    if entry is None:
        raise UnknownGeneration(number, tuple(sorted(each.number for each in market.history())))
    head = f"Generation {number}: {entry.action}, by {entry.by} on {entry.created[:16].replace('T', ' ')} UTC"
    head += f" in a {entry.surface}" if entry.surface in ("notebook", "panel", "terminal") else ""
    if entry.differences is None:
        lines = f"The generation before it, {entry.parent}, was pruned: what it changed is not known."
    else:
        lines = _lines(entry.differences) or "It changed nothing that is shown here."
    return Answer(f"{head}\n{lines}", entry)


def _lines(found: Iterable[Difference]) -> str:
    return printable("\n".join(map(str, found)))


def _configure_rollback(parser: Parser) -> None:
    parser.add_argument(
        "--to", type=int, metavar="N", help="the generation to go back to; default: before the last change"
    )
    parser.add_argument("number", nargs="?", help=SUPPRESS)
    parser.add_argument(
        "--keep-state", action="store_true", help="go on with what plugins have saved, and with their settings"
    )
    parser.add_argument("--plan", "--dry-run", action="store_true", help="only show what would change")


def _rollback(market: Marketplace, options: Namespace, console: Console) -> Answer:
    if options.number is not None:
        number = options.number if options.number.isdecimal() else "N"
        raise UsageError("a generation is named with --to", f"{console.prefix} rollback --to {number}")
    if options.plan:
        plan = market.plan_rollback(options.to, keep_state=options.keep_state)
        return Answer(text.plan(plan), plan)
    applied = market.rollback(options.to, keep_state=options.keep_state, progress=console.progress)
    return Answer(done(market, applied, console, undo=f"rollback --to {applied.plan.base}"), applied)


def _configure_undo(parser: Parser) -> None:
    parser.add_argument("--plan", "--dry-run", action="store_true", help="only show what would change")


def _undo(market: Marketplace, options: Namespace, console: Console) -> Answer:
    if options.plan:
        plan = market.plan_undo()
        return Answer(text.plan(plan), plan)
    applied = market.undo(progress=console.progress)
    return Answer(done(market, applied, console, undo="undo"), applied)


VERBS = (
    Verb(
        "rollback",
        "go back to an earlier generation, with its plugins' state",
        _configure_rollback,
        _rollback,
        json=True,
    ),
    Verb("undo", "take the last change back; twice: do it again", _configure_undo, _undo, json=True),
    Verb("history", "every generation of this profile, and what it changed", _configure_history, _history, json=True),
)
