"""``top``: what each plugin of this kernel does, and what it has used."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from automatosx_nb.commands import text
from automatosx_nb.commands.verbs import Answer, Console, Verb
from automatosx_nb.errors import KernelNeeded

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace
    from automatosx_nb.host.activity import PluginActivity
    from automatosx_nb.host.arguments import Parser

_HEAD = ("plugin", "state", "CPU", "memory", "calls", "events", "waiting", "dropped", "a call may take")
_ORDERS = ("cpu", "memory", "calls", "events", "id")


def _configure(parser: Parser) -> None:
    parser.add_argument("plugin", nargs="?", help="only this one; default: all that are active")
    parser.add_argument("--sort", choices=_ORDERS, default="cpu", help="most first, but by id; default: cpu")


def _top(market: Marketplace, options: Namespace, console: Console) -> Answer:
    if console.host is None:
        raise KernelNeeded("what plugins do now")
    from automatosx_nb.host.activity import activity

    wanted = None if options.plugin is None else market.installed_plugin(options.plugin).id
    found = activity(console.host.activation, market.audit, market.limits)
    found = tuple(sorted((each for each in found if wanted in (None, each.id)), key=lambda each: _key(each, options)))
    if not found:
        return Answer("No plugin is active in this kernel.", found)
    return Answer(text.table(_HEAD, map(_row, found)), found)


def _key(each: PluginActivity, options: Namespace) -> tuple[float, str]:
    most = {"cpu": each.cpu_s, "memory": each.rss_mb, "calls": each.calls, "events": each.events}
    return -most.get(options.sort, 0), each.id


def _row(each: PluginActivity) -> tuple[str, ...]:
    limits = each.limits
    return (
        f"{each.id} {each.version}",
        f"{each.state} for {each.suspended_s:.0f} s" if each.suspended_s else each.state,
        f"{each.cpu_s:.2f} of {limits.cpu_s} s",
        f"{each.rss_mb:.0f} of {limits.resident_mb} MiB",
        str(each.calls),
        str(each.events),
        str(each.queued),
        str(each.dropped_events),
        f"{limits.wall_s:g} s",
    )


VERBS = (Verb("top", "what each plugin of this kernel does, and what it has used", _configure, _top, json=True),)
