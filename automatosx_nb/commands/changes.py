"""``install``, ``update``, ``remove``, ``plan``."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

from automatosx_nb.commands import text
from automatosx_nb.commands.settings import faults
from automatosx_nb.commands.verbs import Answer, Console, Verb
from automatosx_nb.errors import UsageError
from automatosx_nb.model.consent import GrantScope
from automatosx_nb.model.permissions import not_covered, permission_line
from automatosx_nb.model.plan import Applied, Plan, PlannedChange
from automatosx_nb.model.semver import loose_range

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace
    from automatosx_nb.host.arguments import Parser
    from automatosx_nb.model.generation import InstalledPlugin


def configure_consent(parser: Parser) -> None:
    parser.add_argument("--grant", action="append", default=[], metavar="PERMISSION", help="agree to this permission")
    parser.add_argument("--plan", "--dry-run", action="store_true", help="only show what would change")


def configure_trust(parser: Parser) -> None:
    parser.add_argument(
        "--trust", action="append", default=[], metavar="ID", help="take it although its publisher may be another one"
    )


def configure_scope(parser: Parser) -> None:
    parser.add_argument(
        "--for",
        dest="scope",
        choices=get_args(GrantScope),
        default="profile",
        help="profile: until it is revoked; session: until this kernel ends; once: for its next call",
    )


def refuse_without_session(scope: str, console: Console, instead: str) -> None:
    """:raises UsageError: what is granted for that long is gone when the verb ends here."""
    if scope != "profile" and not console.session:
        raise UsageError(
            f"--for {scope} grants in a running kernel, and there is none here; type it in a cell",
            f"{console.prefix} {instead}",
        )


def _configure_prereleases(parser: Parser) -> None:
    parser.add_argument("--pre", action="store_true", help="choose among prereleases and betas too")


def _configure_channel(parser: Parser) -> None:
    parser.add_argument("--channel", choices=("stable", "beta"), help="which releases updates choose among from now on")


def _configure_install(parser: Parser) -> None:
    parser.add_argument(
        "plugins",
        nargs="+",
        metavar="plugin",
        help="a plugin id, or id@range, as in automatosx.data-profiler@^1.0 (quote a range with spaces); "
        "of several all are installed, or none",
    )
    configure_consent(parser)
    configure_scope(parser)
    configure_trust(parser)
    _configure_prereleases(parser)
    _configure_channel(parser)


def _install(market: Marketplace, options: Namespace, console: Console) -> Answer:
    wishes = _wishes(options.plugins)
    refuse_without_session(options.scope, console, f"install {' '.join(options.plugins)}")

    def apply(grant: Iterable[str], trust: Iterable[str]) -> Applied:
        return market.install(
            wishes,
            prereleases=options.pre,
            channel=options.channel,
            grant=grant,
            scope=options.scope,
            trust=trust,
            progress=console.progress,
        )

    plan = market.plan_install(wishes, prereleases=options.pre, channel=options.channel)
    return agree_and_apply(market, plan, apply, options, console)


def _wishes(plugins: Iterable[str]) -> dict[str, str]:
    """Raises as :func:`typed` does.

    :raises UsageError: of one plugin two versions are asked for.
    """
    found: dict[str, str] = {}
    for plugin, wish in map(typed, plugins):
        if found.setdefault(plugin, wish) != wish:
            raise UsageError(f"two versions of {plugin} are asked for", "ID[@RANGE] …, and each ID once")
    return found


def typed(words: str) -> tuple[str, str]:
    """The id and the range of ``id@range``, as a person writes ranges.

    :raises InvalidRange:
    """
    plugin, _, wish = words.partition("@")
    return plugin, str(loose_range(wish)) if wish else ""


def _configure_update(parser: Parser) -> None:
    parser.add_argument("plugins", nargs="*", metavar="plugin", help="which; nothing: all of them")
    parser.add_argument("--all", action="store_true", help="all of them, as without an id")
    configure_consent(parser)
    configure_scope(parser)
    configure_trust(parser)
    _configure_prereleases(parser)
    _configure_channel(parser)


def _update(market: Marketplace, options: Namespace, console: Console) -> Answer:
    if options.all and options.plugins:
        raise UsageError("--all and an id say different things", f"{console.prefix} update [ID …], or update --all")
    if options.trust and not options.plugins:
        raise UsageError("--trust is for plugins that are named", f"{console.prefix} update ID --trust ID")
    if options.channel and not options.plugins:
        raise UsageError("--channel is for plugins that are named", f"{console.prefix} update ID --channel beta")
    refuse_without_session(options.scope, console, f"update {' '.join(options.plugins)}".rstrip())

    def apply(grant: Iterable[str], trust: Iterable[str]) -> Applied:
        return market.update(
            *options.plugins,
            prereleases=options.pre,
            channel=options.channel,
            grant=grant,
            scope=options.scope,
            trust=trust,
            progress=console.progress,
        )

    refusal = "" if options.plugins else "(No: what asks for it is held back, and the rest is updated.)"
    plan = market.plan_update(*options.plugins, prereleases=options.pre, channel=options.channel)
    found = agree_and_apply(market, plan, apply, options, console, refusal)
    away = text.wished_away(plan.held_back, console.prefix)
    found = replace(found, text="\n".join(filter(None, [found.text, away])))
    if not plan.changes_nothing:
        return found
    asked = options.plugins or market.profile.current().plugins  # whoever asked for these has to know why they stay
    said = [f"{flag}." for flag in market.check_flags() if flag.plugin in asked]
    return replace(found, text="\n".join([found.text, *said]))


def _configure_remove(parser: Parser) -> None:
    parser.add_argument("plugin", help="an installed plugin's id")
    parser.add_argument("--plan", "--dry-run", action="store_true", help="only show what would change")


def _remove(market: Marketplace, options: Namespace, console: Console) -> Answer:
    if options.plan:
        plan = market.plan_remove(options.plugin)
        return Answer(text.plan(plan), plan)
    applied = market.remove(options.plugin, progress=console.progress)
    return Answer(done(market, applied, console), applied)


def _configure_plan(parser: Parser) -> None:
    parser.add_argument(
        "plugins",
        nargs="*",
        metavar="plugin",
        help="what would be installed, as id or id@range; nothing: an update of all",
    )
    _configure_prereleases(parser)
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--tree", action="store_true", help="everything that would be there, below what requires it")
    shown.add_argument("--why", metavar="ID", help="why that plugin would be there, and in that version")


def _plan(market: Marketplace, options: Namespace, console: Console) -> Answer:
    plan = market.plan(_wishes(options.plugins) or None, prereleases=options.pre)
    if options.why is not None:
        sentences = plan.why(options.why)
        return Answer("\n".join(sentences), {"plugin": options.why, "why": sentences})
    if options.tree:
        return Answer(plan.tree() or "Nothing is installed, and nothing would be.", plan)
    return Answer(_shown(plan), plan)


def agree_and_apply(
    market: Marketplace,
    plan: Plan,
    apply: Callable[[Iterable[str], Iterable[str]], Applied],
    options: Namespace,
    console: Console,
    refusal: str = "",
) -> Answer:
    """:param refusal: what comes of it when a person does not grant what is asked for, as a sentence."""
    if options.plan:
        return Answer(_shown(plan), plan)
    grants = [*options.grant, *_consent(plan, options.grant, console, refusal)]
    applied = apply(grants, _trust(plan, options, console))
    return Answer(done(market, applied, console), applied)


def _shown(plan: Plan) -> str:
    return "\n".join(filter(None, (text.plan(plan), text.held_back(plan))))


def _consent(plan: Plan, granted: list[str], console: Console, refusal: str) -> tuple[str, ...]:
    """What a person grants when asked; nothing where nobody can be asked: then the change says what it lacks."""
    if any(change.missing_packages for change in plan.changes):
        return ()  # no consent helps: the change will say what it lacks
    missing = {asked for asks in plan.asks.values() for asked in not_covered(asks, granted)}
    question = f"{text.plan(plan)}\nGrant this and go on?"
    if missing and not console.confirm(f"{question} {refusal}".rstrip()):
        return ()
    return (*sorted(missing), *_extras(plan, granted, console))


def _trust(plan: Plan, options: Namespace, console: Console) -> list[str]:
    """Whom a person trusts of those behind whom somebody else may stand than before; the others are refused."""
    trusted = list(getattr(options, "trust", ()))
    doubts = {change.id: change.doubt for change in plan.changes if change.doubt and change.id not in trusted}
    return trusted + [
        plugin
        for plugin, doubt in doubts.items()
        if console.confirm(f"{plugin} {doubt}. Somebody else may stand behind it now. Do you trust them?")
    ]


def _extras(plan: Plan, granted: list[str], console: Console) -> list[str]:
    """What a person grants of the permissions that a new plugin can do without: each is a question of its own."""
    found = {
        asked: f"{change.id} can do without this, and asks for it, too:\n"
        + text.folded(f"  {permission_line(asked, reason)}")
        for change in plan.changes
        for asked, reason in change.optional.items()
        if change.kind == "add" and not_covered([asked], granted)
    }
    return [asked for asked, question in found.items() if console.confirm(f"{question}\nGrant it?")]


def done(market: Marketplace, applied: Applied, console: Console, *, undo: str = "rollback") -> str:
    """What a change did, and what the user can do with it now; ``undo`` is the verb that takes it back."""
    held_back = text.held_back(applied.plan, waiting=False)
    again = [f"{each} was missing or damaged, and was fetched again." for each in applied.brought_again]
    if applied.plan.changes_nothing:
        nothing = "Nothing else changed." if again else "Nothing to change: everything is as you asked."
        return "\n".join(filter(None, (*again, nothing, held_back)))
    installed = {entry.id: entry for entry in market.installed()}
    lines = [*again, text.plan(_with_extras(applied.plan, installed), asking="granted"), *filter(None, (held_back,))]
    for change in applied.plan.changes:
        entry = installed.get(change.id)
        adds = _adds(change.id, entry.contributes if entry else {}, console)
        if change.kind == "add" and adds:
            lines.append(text.folded(f"{change.id} adds {', and '.join(adds)}."))
        if change.kind in ("update", "downgrade"):
            lines += faults(change.id, market.plugin_settings(change.id))
    lines.append(f"This is generation {applied.generation}; {console.prefix} {undo} takes it back.")
    return "\n".join(lines)


def _with_extras(plan: Plan, installed: Mapping[str, InstalledPlugin]) -> Plan:
    """With what was granted of that which a new plugin can do without, beside what it has to have."""
    return replace(plan, changes=tuple(_with_its_extras(change, installed.get(change.id)) for change in plan.changes))


def _with_its_extras(change: PlannedChange, entry: InstalledPlugin | None) -> PlannedChange:
    if change.kind != "add" or entry is None:
        return change
    lacking = not_covered(change.optional, entry.grants)
    return replace(change, asks={**change.asks, **{k: v for k, v in change.optional.items() if k not in lacking}})


def _adds(plugin: str, contributes: Mapping[str, Any], console: Console) -> list[str]:
    """What a user can type now."""
    magics = [("%%" if magic["cell"] else "%") + magic["name"] for magic in contributes.get("magics", ())]
    commands = [f"commands: {console.prefix} run {plugin}"] if contributes.get("commands") else []
    panels = [f"panels: {console.prefix} panel {plugin}"] if contributes.get("panels") and console.session else []
    return [*([", ".join(magics)] if magics else []), *commands, *panels]


VERBS = (
    Verb("install", "install plugins, or other versions of them", _configure_install, _install, json=True),
    Verb("update", "bring installed plugins to their newest versions", _configure_update, _update, json=True),
    Verb("remove", "remove a plugin and what only it needed", _configure_remove, _remove, json=True),
    Verb("plan", "show what an install or an update would change", _configure_plan, _plan, json=True),
)
