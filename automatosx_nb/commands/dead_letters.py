"""``events pending|dead|replay|drop``: what durable subscribers are owed, and what they could not handle."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from automatosx_nb.commands import text
from automatosx_nb.commands.verbs import Answer, Console
from automatosx_nb.errors import UsageError

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace
    from automatosx_nb.host.arguments import Parser
    from automatosx_nb.model.delivery import DeadLetter, Pending

ACTIONS = ("pending", "dead", "replay", "drop")
_MAX_SHOWN = 80


def configure(parser: Parser) -> None:
    """The options of these actions."""
    parser.add_argument(
        "--plugin", default="", metavar="ID", help="for pending, dead, replay and drop: only this one's"
    )
    parser.add_argument(
        "--all", action="store_true", help="for replay and drop: every dead letter, or every one's of --plugin"
    )


def carry_out(market: Marketplace, options: Namespace, words: Sequence[str], console: Console) -> Answer:
    """One of :data:`ACTIONS`; ``words`` are the numbers of dead letters, as they were typed."""
    if options.action == "pending":
        return _pending(market.deliveries.pending(options.plugin))
    if options.action == "dead":
        return _dead(market.deliveries.dead(options.plugin), console)
    numbers = _numbers(options, words, console)
    if options.action == "replay":
        count = market.deliveries.replay(numbers, plugin=options.plugin)
        return Answer(f"{_counted(count)} tried again, with as many tries as at first.", {"replayed": count})
    count = market.deliveries.drop(numbers, plugin=options.plugin)
    return Answer(f"{_counted(count)} gone.", {"dropped": count})


def _pending(found: Sequence[Pending]) -> Answer:
    if not found:
        return Answer("No installed plugin has a durable subscription.", [])
    head = ("plugin", "topic", "waiting", "in flight", "to be retried", "dead", "oldest (UTC)", "since then")
    return Answer(text.table(head, map(_pending_row, found)), list(found))


def _pending_row(each: Pending) -> tuple[str, ...]:
    waiting = f"{each.waiting} ({text.size(each.waiting_bytes)})" if each.waiting else "0"
    numbers = (each.in_flight, each.retrying, each.dead)
    counts = ", ".join(f"{count} {name}" for name, count in each.counts.items() if count)
    return each.plugin, each.topic, waiting, *map(str, numbers), _when(each.oldest), counts or "nothing yet"


def _dead(found: Sequence[DeadLetter], console: Console) -> Answer:
    if not found:
        return Answer("There are no dead letters.", [])
    head = ("number", "plugin", "topic", "died (UTC)", "tries", "data", "why")
    lines = [text.table(head, map(_dead_row, found)), ""]
    lines.append(f"{console.prefix} events replay NUMBER … tries again, events drop NUMBER … forgets; --all takes all.")
    return Answer("\n".join(lines), list(found))


def _dead_row(each: DeadLetter) -> tuple[str, ...]:
    data = _short(json.dumps(each.event.get("data"), ensure_ascii=False))
    why = each.error.strip().splitlines()[0] if each.error.strip() else ""
    return str(each.number), each.plugin, str(each.event.get("type")), _when(each.died), str(each.attempts), data, why


def _short(shown: str) -> str:
    return shown if len(shown) <= _MAX_SHOWN else shown[:_MAX_SHOWN] + "…"


def _when(time: str | None) -> str:
    return "" if time is None else time[:19].replace("T", " ")


def _numbers(options: Namespace, words: Sequence[str], console: Console) -> list[int] | None:
    """None: all of them.

    :raises UsageError: neither numbers nor ``--all``, or both.
    """
    usage = f"{console.prefix} events {options.action} NUMBER … | --all [--plugin ID]"
    if options.all == bool(words):
        raise UsageError(f"'events {options.action}' takes the numbers of dead letters, or --all", usage)
    wrong = [word for word in words if not (word.isascii() and word.isdigit())]
    if wrong:
        raise UsageError(f"{wrong[0]!r} is no number of a dead letter: see {console.prefix} events dead", usage)
    return None if options.all else [int(word) for word in words]


def _counted(count: int) -> str:
    return text.counted(count, "dead letter is", "dead letters are")
