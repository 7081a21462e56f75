"""``project``: which profile counts here."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from automatosx_nb.commands import text
from automatosx_nb.commands.verbs import Answer, Console, Verb

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace
    from automatosx_nb.host.arguments import Parser


def _configure(parser: Parser) -> None:
    parser.add_argument("action", nargs="?", choices=("init",), help="init: make the working folder a project")


def _project(market: Marketplace, options: Namespace, console: Console) -> Answer:
    if options.action == "init":
        lock = market.init_project(Path.cwd())
        said = f"Kernels and shells that start in or below {lock.parent.parent} have plugins of their own from now on."
        said += f" Their lock is {lock}: share it, and sync makes another clone the same."
        return Answer(text.folded(said), {"lock": str(lock)})
    return _status(market, console)


def _status(market: Marketplace, console: Console) -> Answer:
    project = market.project
    data: dict[str, object] = {"project": None, "profile": str(market.profile.root), "lock": None, "in_step": None}
    if project is None:
        none = f"No project: your own profile counts. {console.prefix} project init makes the working folder one."
        return Answer(text.folded(none), data)
    in_step, behind = market.is_in_step(), market.is_behind()
    data |= {"project": str(project.folder), "lock": str(project.lock), "in_step": in_step and not behind}
    if not in_step:
        step = f"its lock says something else: {console.prefix} sync"
    elif behind:
        step = f"its lock was not written after the last change: {console.prefix} lock"
    else:
        step = "what is installed is what its lock says"
    said = f"The project {project.folder} counts here, and not your own profile; {step}."
    return Answer(text.folded(said), data)


VERBS = (Verb("project", "which profile counts here; init makes the folder a project", _configure, _project, True),)
