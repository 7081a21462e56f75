"""``logs``: what a plugin said for whoever looks after it."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from automatosx_nb.commands import text
from automatosx_nb.commands.verbs import Answer, Console, Verb
from automatosx_nb.host.capabilities.log import KEPT_LINES, LEVELS, LogLine

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace
    from automatosx_nb.host.arguments import Parser

SHOWN = 50


def _configure(parser: Parser) -> None:
    parser.add_argument("plugin", help="an installed plugin's id")
    parser.add_argument("--level", choices=LEVELS, help="only these; default: all")
    parser.add_argument("--most", type=int, default=SHOWN, metavar="N", help=f"the newest N lines; default: {SHOWN}")


def _logs(market: Marketplace, options: Namespace, console: Console) -> Answer:
    entry = market.installed_plugin(options.plugin)
    with console.runner(market, entry) as runner:
        lines = [line for line in runner.log.lines if options.level in (None, line.level)]
    lines = lines[-max(options.most, 1) :]
    if lines:
        return Answer(text.table(("when (UTC)", "level", "text"), map(_row, lines)), lines)
    if console.prefix.startswith("%"):
        said = f"{entry.id} said nothing of that kind in this kernel, which keeps the newest {KEPT_LINES} lines."
    else:
        said = f"Each kernel keeps what {entry.id} said in it: type %ax logs {entry.id} there."
    return Answer(said, lines)


def _row(line: LogLine) -> tuple[str, str, str]:
    return line.time[:23].replace("T", " "), line.level, line.text


VERBS = (Verb("logs", "what a plugin said here, and how handlers of events failed", _configure, _logs, json=True),)
