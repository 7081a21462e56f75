"""``mirror``."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict
from datetime import UTC, datetime
from os import environ
from pathlib import Path
from typing import TYPE_CHECKING

from automatosx_nb.commands import text
from automatosx_nb.commands.verbs import Answer, Console, Verb
from automatosx_nb.errors import UsageError
from automatosx_nb.model.policy import parse_duration
from automatosx_nb.model.release import Stage
from automatosx_nb.model.semver import Range

if TYPE_CHECKING:
    from collections.abc import Mapping

    from automatosx_nb.app import Marketplace
    from automatosx_nb.host.arguments import Parser
    from automatosx_nb.model.ports import Registry
    from automatosx_nb.registry.mirroring.copying import MirrorReport
    from automatosx_nb.registry.mirroring.targets import Target

EPOCH_VARIABLE = "SOURCE_DATE_EPOCH"
"""Seconds since 1970 that count as now: https://reproducible-builds.org/specs/source-date-epoch/"""


def _configure(parser: Parser) -> None:
    parser.add_argument("out", type=Path, metavar="OUT", help="a folder, or with --bundle one file (.axbundle)")
    parser.add_argument("plugins", nargs="*", metavar="ID[@RANGE]", help="what is copied, with all that it requires")
    parser.add_argument("--all", action="store_true", help="every plugin of the registry")
    parser.add_argument("--bundle", action="store_true", help="one file in place of a folder")
    parser.add_argument(
        "--with-stages",
        default="stable",
        metavar="STAGES",
        help="of which releases, as in beta,stable; else stable",
    )
    parser.add_argument("--optional", action="store_true", help="also what is required optionally")
    parser.add_argument(
        "--expires",
        default="30 days",
        metavar="SPAN",
        help="how long its word counts, as in '2 weeks'; else 30 days",
    )


def _mirror(market: Marketplace, options: Namespace, console: Console) -> Answer:
    from automatosx_nb.registry.mirroring.copying import copy
    from automatosx_nb.registry.mirroring.selecting import Choice, select
    from automatosx_nb.registry.mirroring.targets import target_of

    usage = f"{console.prefix} mirror OUT (ID[@RANGE] … | --all)"
    if bool(options.plugins) == options.all:
        raise UsageError("say which plugins are copied: ids, or --all", usage)
    expires, choice = parse_duration(options.expires), Choice(_stages(options.with_stages, usage), options.optional)
    target = target_of(options.out, bundle=options.bundle)
    wishes = _wishes(market.registry, options.plugins, target)
    made = _now()
    report = copy(
        market.registry,
        select(market.registry, wishes, choice),
        target,
        made=made,
        expires=made + expires,
    )
    return Answer(_told(report, options.out), {**asdict(report), "address": _address(report, options.out)})


def _wishes(registry: Registry, typed: list[str], target: Target) -> Mapping[str, Range | None]:
    """Plugin → range; None: every version. What is in the mirror already stays in sight, also once it is quarantined.

    :raises UnknownPlugin:
    :raises InvalidRange:
    """
    from automatosx_nb.registry.mirroring.selecting import everything

    if not typed:
        known = [plugin for plugin, found in registry.releases_many(target.known).items() if found]
        return dict.fromkeys([*everything(registry), *known])
    wishes: dict[str, Range | None] = {}
    for each in typed:
        plugin, at, wanted = each.partition("@")
        if not registry.releases(plugin):
            registry.plugin(plugin)  # which names the nearest ids
        wishes[plugin] = Range.parse(wanted) if at else None
    return wishes


def _stages(typed: str, usage: str) -> frozenset[Stage]:
    try:
        return frozenset(Stage(each.strip()) for each in typed.split(","))
    except ValueError:
        raise UsageError(f"the stages are {', '.join(Stage)}, and not {typed!r}", usage) from None


def _now() -> datetime:
    """:raises UsageError: the variable that says it is no number."""
    said = environ.get(EPOCH_VARIABLE, "")
    if not said:
        return datetime.now(UTC).replace(microsecond=0)
    try:
        return datetime.fromtimestamp(int(said), UTC)
    except (ValueError, OverflowError, OSError):
        raise UsageError(f"{EPOCH_VARIABLE} is {said!r}", f"{EPOCH_VARIABLE}=SECONDS, since 1970") from None


def _address(report: MirrorReport, out: Path) -> str:
    return f"{out.absolute().as_uri()}#sha256={report.sha256}"


def _told(report: MirrorReport, out: Path) -> str:
    copied = f"{text.counted(report.plugins, 'plugin')}, {text.counted(report.releases, 'release')}"
    lines = [
        f"{out}: {copied}; {report.fetched} fetched ({text.size(report.fetched_bytes)}), "
        f"{report.kept} there before, {report.removed} files removed.",
        f"Its word counts until {report.expires}.",
        f"AUTOMATOSX_REGISTRY={_address(report, out)}",
    ]
    lines += [
        f"Not there: {plugin} {wanted}, which {by} requires." if by else f"Not there: {plugin} {wanted}."
        for by, plugin, wanted in report.unmet
    ]
    return "\n".join(lines)


VERBS = (Verb("mirror", "copy a registry, or plugins with what they require", _configure, _mirror, json=True),)
