"""``run`` and ``panel``: a command of an installed plugin, and what it shows by itself."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from automatosx_nb.commands import text
from automatosx_nb.commands.verbs import Answer, Console, Verb
from automatosx_nb.errors import UsageError
from automatosx_nb.host.display import Rendered
from automatosx_nb.model.printable import printable
from automatosx_nb.model.spelling import nearest

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping

    from automatosx_nb.app import Marketplace
    from automatosx_nb.host.arguments import Parser
    from automatosx_nb.model.generation import InstalledPlugin


def _configure(parser: Parser) -> None:
    parser.add_argument("plugin", help="an installed plugin's id")
    parser.add_argument("command", nargs="?", help="which of its commands; nothing: lists them")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="what the command takes; --help says it")


def _run(market: Marketplace, options: Namespace, console: Console) -> Answer:
    entry = market.installed_plugin(options.plugin)
    prog = f"{console.prefix} run {entry.id}"
    commands: dict[str, Mapping[str, Any]] = {each["name"]: each for each in entry.contributes.get("commands", ())}
    if options.command is None:
        return _list(entry, commands, prog)
    if options.command not in commands:
        near = nearest(options.command, commands) or tuple(commands)
        hint = f"; did you mean {' or '.join(near)}?" if near else " nor any other"
        raise UsageError(f"{entry.id} has no command {options.command!r}{hint}", f"{prog} [COMMAND …]")
    command = commands[options.command]
    with console.runner(market, entry) as runner:
        shown = runner.run_command(command, f"{prog} {command['name']}", options.arguments)
    return _answer(entry, {"command": command["name"]}, shown)


def _list(entry: InstalledPlugin, commands: Mapping[str, Mapping[str, Any]], prog: str) -> Answer:
    if not commands:
        return Answer(f"{entry.id} {entry.version} has no commands.", [])
    rows = [(f"{prog} {name}", each["summary"] or each["title"]) for name, each in commands.items()]
    return Answer(text.table(("command", "what it does"), rows), list(commands.values()))


def _configure_panel(parser: Parser) -> None:
    parser.add_argument("plugin", help="an installed plugin's id")
    parser.add_argument("name", nargs="?", help="which of its panels; nothing: its only one")


def _panel(market: Marketplace, options: Namespace, console: Console) -> Answer:
    entry = market.installed_plugin(options.plugin)
    prog = f"{console.prefix} panel {entry.id}"
    panels: dict[str, Mapping[str, Any]] = {each["name"]: each for each in entry.contributes.get("panels", ())}
    if options.name is None and len(panels) != 1:
        rows = [(f"{prog} {name}", each["summary"] or each["title"]) for name, each in panels.items()]
        told = text.table(("panel", "what it shows"), rows) if rows else f"{entry.id} {entry.version} has no panels."
        return Answer(told, list(panels.values()))
    name = next(iter(panels)) if options.name is None else options.name
    if name not in panels:
        near = nearest(name, panels) or tuple(panels)
        hint = f"; did you mean {' or '.join(near)}?" if near else " nor any other"
        raise UsageError(f"{entry.id} has no panel {name!r}{hint}", f"{prog} [PANEL]")
    with console.runner(market, entry) as runner:
        shown = runner.run_panel(panels[name])
    return _answer(entry, {"panel": name}, shown)


def _answer(entry: InstalledPlugin, called: dict[str, object], shown: object) -> Answer:
    """For a program a table is its rows, and a display what a notebook keeps of it."""
    data = {"id": entry.id, "version": entry.version, **called, "value": None, "display": None}
    if isinstance(shown, Rendered):
        data["display"] = {"text": shown.text, "html": shown.html}
    else:
        data["value"] = shown.to_pylist() if hasattr(shown, "to_pylist") else shown
    return Answer("" if shown is None else printable(str(shown)), data, shown)


VERBS = (
    Verb("run", "run a command of an installed plugin", _configure, _run, json=True),
    Verb("panel", "show a panel of an installed plugin", _configure_panel, _panel, json=True),
)
