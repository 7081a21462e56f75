"""``grants``, ``grant``, ``revoke``, ``policy``."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from automatosx_nb.commands import text
from automatosx_nb.commands.changes import configure_scope, done, refuse_without_session, typed
from automatosx_nb.commands.verbs import Answer, Console, Verb

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace
    from automatosx_nb.host.arguments import Parser
    from automatosx_nb.host.deciding import HeldPermission, PluginHoldings
    from automatosx_nb.model.consent import ExplainedPermission, Explanation

_STATES = {
    "profile": "granted",
    "session": "granted for this session",
    "once": "granted for the next call",
    "policy": "not granted; policy allows it",
    "open": "not granted",
    "denied": "denied by policy",
}
_VERDICTS = {"granted": "granted by policy", "asked": "asked", "denied": "denied by policy"}


def _configure_grants(parser: Parser) -> None:
    parser.add_argument("plugin", nargs="?", help="an installed plugin's id; nothing: all of them")


def _grants(market: Marketplace, options: Namespace, console: Console) -> Answer:
    found = market.holdings(*filter(None, (options.plugin,)))
    if not found:
        return Answer(f"Nothing is installed. Look around with {console.prefix} search.", found)
    rows = [_held_row(each, permission) for each in found for permission in each.permissions]
    if not rows:
        return Answer("Nothing that is installed asks for any permission.", found)
    return Answer(text.table(("plugin", "permission", "risk", "needed", "is"), rows), found)


def _held_row(plugin: PluginHoldings, held: HeldPermission) -> tuple[str, str, str, str, str]:
    said = _STATES[held.state] + (f": {held.because}" if held.because else "")
    return plugin.id, held.permission, held.risk, "optional" if held.optional else "yes", said


def _configure_grant(parser: Parser) -> None:
    parser.add_argument("plugin", help="an installed plugin's id")
    parser.add_argument("permissions", nargs="+", metavar="permission", help="what it asks for, as grants shows it")
    configure_scope(parser)


def _grant(market: Marketplace, options: Namespace, console: Console) -> Answer:
    if options.scope == "profile":
        applied = market.grant(options.plugin, *options.permissions, progress=console.progress)
        return Answer(done(market, applied, console), applied)
    refuse_without_session(options.scope, console, f"grant {options.plugin} {' '.join(options.permissions)}")
    once = options.scope == "once"
    granted = market.grant_in_session(options.plugin, *options.permissions, once=once)
    until = "its next call" if once else "this session"
    said = f"{options.plugin} is granted {', '.join(granted)} for {until}; no generation was made."
    return Answer(said, {"generation": None, "plan": None, "granted": granted})


def _configure_revoke(parser: Parser) -> None:
    parser.add_argument("plugin", help="an installed plugin's id")
    parser.add_argument("permissions", nargs="+", metavar="permission", help="what it was granted, as grants shows it")


def _revoke(market: Marketplace, options: Namespace, console: Console) -> Answer:
    applied = market.revoke(options.plugin, *options.permissions, progress=console.progress)
    if applied.generation == applied.plan.base:
        return Answer(f"{options.plugin} holds it no longer in this session; no generation was made.", applied)
    return Answer(done(market, applied, console), applied)


def _configure_policy(parser: Parser) -> None:
    parser.add_argument("what", choices=["explain"], help="what an install would come to, and which line decides")
    parser.add_argument("plugin", help="a plugin id, or id@range")


def _policy(market: Marketplace, options: Namespace, console: Console) -> Answer:
    found = market.explain_policy(*typed(options.plugin))
    return Answer("\n".join(_explained(found)), found)


def _explained(found: Explanation) -> list[str]:
    lines = [f"{found.id} {found.version} {found.because}."]
    if not found.permissions:
        return [*lines, "It asks for no permission."]
    rows = [_explained_row(each) for each in found.permissions]
    return [*lines, "", text.table(("permission", "risk", "needed", "policy", "decided by"), rows)]


def _explained_row(each: ExplainedPermission) -> tuple[str, str, str, str, str]:
    where = each.source if each.line is None else f"{each.source}, line {each.line}"
    by = f"{each.setting} {each.rule!r} ({where})"
    return each.permission, each.risk, "optional" if each.optional else "yes", _VERDICTS[each.verdict], by


VERBS = (
    Verb("grants", "what plugins ask for, hold, and are denied", _configure_grants, _grants, json=True),
    Verb("grant", "grant an installed plugin what it asks for", _configure_grant, _grant, json=True),
    Verb("revoke", "take back what a plugin was granted", _configure_revoke, _revoke, json=True),
    Verb("policy", "explain what policy says of a plugin", _configure_policy, _policy, json=True),
)
