"""What a verb is, and how a typed line finds its verb."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from automatosx_nb import __version__
from automatosx_nb.commands.as_json import OPTION, to_json
from automatosx_nb.errors import AutomatosxError, UsageError
from automatosx_nb.host.arguments import HelpAsked, Parser
from automatosx_nb.host.surface import asked_in
from automatosx_nb.model.printable import printable
from automatosx_nb.model.spelling import nearest

if TYPE_CHECKING:
    from argparse import Namespace
    from contextlib import AbstractContextManager

    from traitlets.config import Config

    from automatosx_nb.app import Marketplace
    from automatosx_nb.config import Settings
    from automatosx_nb.host.kernel import KernelHost
    from automatosx_nb.host.open_notebook import OpenNotebook
    from automatosx_nb.host.runner import PluginRunner
    from automatosx_nb.host.services.core import Notification
    from automatosx_nb.model.generation import InstalledPlugin
    from automatosx_nb.model.progress import Step


_MEANT = {
    **dict.fromkeys(("uninstall", "delete", "rm"), "remove"),
    "upgrade": "update",
    "revert": "rollback",
    "hold": "pin",
    **dict.fromkeys(("prune", "clean", "autoremove"), "gc"),
    **dict.fromkeys(("ls", "installed"), "list"),
    **dict.fromkeys(("show", "details"), "info"),
    "allow": "grant",
    "deny": "revoke",
    "permissions": "grants",
    "find": "search",
    "add": "install",
    "log": "logs",
    **dict.fromkeys(("ps", "activity", "stats"), "top"),
    "build": "pack",
    "freeze": "lock",
    "restore": "sync",
}
"""What people type who know other tools; looking alike would lead from ``uninstall`` to ``install``."""


class Console(Protocol):
    """Where a verb is typed: a terminal or a cell."""

    prefix: str
    """What comes before a verb there, as in ``%ax``."""

    session: bool
    """Whether what is granted for a session outlives the verb here."""

    @property
    def host(self) -> KernelHost | None:
        """The kernel's; None in a terminal."""

    def progress(self, step: Step, /) -> None: ...

    def confirm(self, question: str) -> bool | None:
        """The person's answer; None where nobody can be asked, and consent is never implied."""

    def secret(self, prompt: str) -> str | None:
        """What a person types unseen; None where nobody can be asked."""

    def notebook(self) -> OpenNotebook | None:
        """The one that is open here, where that is known."""

    def notifications(self) -> Sequence[Notification]:
        """What plugins told the person here, oldest first."""

    def runner(self, market: Marketplace, plugin: InstalledPlugin) -> AbstractContextManager[PluginRunner]:
        """What runs the plugin here, with the variables that there are here."""

    def serve(self, settings: Settings, config: Config) -> None:
        """Serve a registry until this process is told to end.

        :raises UsageError: a server does not run here.
        """


@dataclass(frozen=True, slots=True)
class Answer:
    """What a verb found or did: ``text`` for a person, ``data`` (records, see :func:`as_json.to_json`) for a program.

    ``shown`` is for a notebook to display, in place of the text; ``status`` is a shell's exit status.
    """

    text: str
    data: Any
    shown: object = None
    status: int = 0


@dataclass(frozen=True, slots=True)
class Verb:
    """``configure`` adds the verb's arguments to its parser; ``json``: it takes ``--json``, and shows its data so."""

    name: str
    summary: str
    configure: Callable[[Parser], None]
    carry_out: Callable[[Marketplace, Namespace, Console], Answer]
    json: bool = False


def run(words: Sequence[str], market: Callable[[], Marketplace], console: Console) -> str:
    """As :func:`answer`, as text."""
    return answer(words, market, console).text


def answer(words: Sequence[str], market: Callable[[], Marketplace], console: Console) -> Answer:
    """Carry out what was typed, and return what to show.

    :raises UsageError: there is no such verb, or it does not take these arguments.
    :raises AutomatosxError: whatever the verb raises.
    """
    if not words or words[0] in ("-h", "--help", "help"):
        return Answer(overview(console.prefix), None)
    if words[0] in ("--version", "version"):
        return Answer(f"automatosx_nb {__version__}", None)
    verb = find(words[0], console.prefix)
    parser = parser_of(verb, console.prefix)
    try:
        options = parser.parse_anywhere(words[1:])
        with asked_in("notebook" if console.prefix.startswith("%") else "terminal"):
            found = verb.carry_out(market(), options, console)
    except HelpAsked as asked:
        return Answer(asked.text.rstrip(), None)
    if verb.json and options.json:
        return replace(found, text=to_json(found.data), shown=None)
    told = [*_news(market()), *filter(None, [market().registry_note()])]
    return replace(found, text=printable("\n".join([found.text, *told])))


def _news(market: Marketplace) -> list[str]:
    """What was done without being asked. Where it cannot be taken out, it stays: the verb did what it was to do."""
    try:
        return [f"Meanwhile: {each}" for each in market.profile.notices.take()]
    except AutomatosxError:
        return []


def find(name: str, prefix: str) -> Verb:
    """:raises UsageError: with the nearest verbs."""
    verbs = all_verbs()
    if name not in verbs:
        near = (_MEANT[name],) if name in _MEANT else nearest(name, verbs)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise UsageError(f"there is no verb {name!r}{hint}", f"{prefix} <verb> …; {prefix} alone lists them")
    return verbs[name]


def parser_of(verb: Verb, prefix: str) -> Parser:
    parser = Parser(f"{prefix} {verb.name}", verb.summary)
    verb.configure(parser)
    if verb.json:
        parser.add_argument(OPTION, action="store_true", help="for a program: JSON in place of text")
    return parser


def overview(prefix: str) -> str:
    """Every verb in a line."""
    verbs = all_verbs().values()
    width = max(len(verb.name) for verb in verbs)
    lines = [f"  {verb.name:<{width}}  {verb.summary}" for verb in verbs]
    return "\n".join([f"usage: {prefix} <verb> …", "", *lines, "", f"{prefix} <verb> --help says more of one."])


@cache
def all_verbs() -> Mapping[str, Verb]:
    """Verb name → verb, in the order in which a user meets them."""
    modules = (
        "discovery", "changes", "updating", "past", "holding", "permissions", "locking", "projects", "running",
        "settings", "secrets", "state", "services", "events", "audit", "logs", "top", "trace", "inspecting",
        "scaffolding", "authoring", "signing", "people", "reviewing", "moderating", "mirroring", "keeping", "doctor",
        "serving", "migrating", "admitting",
    )  # fmt: skip
    verbs = [verb for name in modules for verb in import_module(f"automatosx_nb.commands.{name}").VERBS]
    return {verb.name: verb for verb in verbs}
