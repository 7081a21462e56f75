"""What of ``registry`` is asked of the registry that is in use: its record of acts, and a release gone for good."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict
from typing import TYPE_CHECKING

from automatosx_nb.commands import text
from automatosx_nb.commands.acting import ME, release_named, room
from automatosx_nb.commands.verbs import Answer, Console

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace
    from automatosx_nb.host.arguments import Parser
    from automatosx_nb.model.acts import Act

ACTIONS = ("log", "delete")


def configure(parser: Parser) -> None:
    parser.add_argument("subject", nargs="?", help="for log: only acts on this plugin; for delete: ID@VERSION")
    parser.add_argument("--by", metavar="USER", help="for log: only this user's acts")
    parser.add_argument("--act", metavar="NAME", help="for log: only acts of this name, as in 'yank'")
    parser.add_argument("--before", type=int, metavar="N", help="for log: where the page before said to go on")
    parser.add_argument("--reason", default="", help="for delete: why")


def carry_out(market: Marketplace, options: Namespace, console: Console) -> Answer:
    """One of :data:`ACTIONS`."""
    if options.action == "log":
        return _log(market, options)
    plugin, version = release_named(options.subject or "", f"{console.prefix} registry delete ID@VERSION --reason WHY")
    room(market, "moderation").delete(ME, plugin, version, options.reason)
    return Answer(f"{plugin} {version} is gone, and its version is never used again.", None)


def _log(market: Marketplace, options: Namespace) -> Answer:
    asked = {"plugin": options.subject, "by": options.by, "action": options.act, "before": options.before}
    page = room(market, "audit").read(ME, **asked)
    if not page.items:
        return Answer("There is no such act.", asdict(page))
    lines = [text.table(("when (UTC)", "who", "act", "on", ""), map(_act_row, page.items))]
    if page.next is not None:
        lines.append(f"The next page: --before {page.next}")
    return Answer("\n".join(lines), asdict(page))


def _detail(name: str, value: object) -> str:
    """Without a reason or a successor what was done before is taken back."""
    if value is None:
        return "taken back" if name == "reason" else f"no {name}"
    if isinstance(value, (list, tuple)):
        return f"{name}: {', '.join(map(str, value))}"
    return f"{name}: {value}"


def _act_row(act: Act) -> tuple[str, ...]:
    on = f"{act.plugin} {act.version or ''}".strip() if act.plugin else ""
    details = "; ".join(_detail(name, value) for name, value in act.details.items() if name != "sha256")
    return act.at[:19].replace("T", " "), act.actor, act.action, on, details
