"""``search``, ``info``, ``list``."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, get_args

from automatosx_nb.commands import text
from automatosx_nb.commands.acting import plugin_named
from automatosx_nb.commands.describing import describe, release_shown
from automatosx_nb.commands.verbs import Answer, Console, Verb
from automatosx_nb.errors import AutomatosxError, UsageError
from automatosx_nb.model.flags import flags_of
from automatosx_nb.model.manifest import CATEGORIES
from automatosx_nb.model.permissions import KINDS as PERMISSIONS
from automatosx_nb.model.permissions import Risk
from automatosx_nb.model.printable import printable
from automatosx_nb.model.release import PluginSummary, Sort
from automatosx_nb.model.semver import Version
from automatosx_nb.model.spelling import nearest

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace
    from automatosx_nb.host.arguments import Parser
    from automatosx_nb.model.compatibility import Mismatch
    from automatosx_nb.model.generation import InstalledPlugin


def _configure_search(parser: Parser) -> None:
    parser.add_argument("words", nargs="*", help="what to look for; nothing: everything")
    parser.add_argument("--category", help="only this category")
    parser.add_argument("--publisher", help="only this publisher")
    parser.add_argument("--verified", action="store_const", const=True, help="only verified publishers")
    parser.add_argument("--permission", choices=["none", *PERMISSIONS], help="only what asks for this kind")
    parser.add_argument("--risk", choices=["none", *Risk], help="only where no more than that is at risk")
    parser.add_argument("--stage", choices=["beta", "stable"], help="only where that is the stage of what is shown")
    parser.add_argument("--signed", action="store_const", const=True, help="only what its publisher signed")
    parser.add_argument("--runs-here", action="store_true", help="only what runs in this environment")
    parser.add_argument("--sort", choices=get_args(Sort), default="relevance")
    parser.add_argument("--size", type=int, default=24, metavar="N", help="results a page, 1 to 100")
    parser.add_argument("--cursor", help="where the page before said to go on")


def _search(market: Marketplace, options: Namespace, console: Console) -> Answer:
    if options.category is not None and options.category not in CATEGORIES:
        near = nearest(options.category, CATEGORIES) or CATEGORIES
        raise UsageError(
            f"there is no category {options.category!r}; did you mean {' or '.join(near)}?",
            f"{console.prefix} search [words] --category CATEGORY",
        )
    page = market.search(
        " ".join(options.words),
        category=options.category,
        publisher=options.publisher,
        verified=options.verified,
        permission=options.permission,
        risk=options.risk,
        stage=options.stage,
        signed=options.signed,
        runs_here=options.runs_here,
        sort=options.sort,
        size=options.size,
        cursor=options.cursor,
    )
    if not page.items:
        return Answer(f"Nothing found. Fewer words find more; {console.prefix} search alone lists everything.", page)
    installed = {entry.id: entry.version for entry in market.installed()}
    unfit = {each.id: market.mismatches(each) for each in page.items}
    rows = [_row(each, installed, unfit[each.id]) for each in page.items]
    lines = [text.table(("plugin", "version", "installed", "what it does"), rows)]
    if page.next:
        lines.append(f"{page.total} found; the next page: --cursor {page.next}")
    items = [{**asdict(each), "mismatches": unfit[each.id]} for each in page.items]
    return Answer("\n".join(lines), {**asdict(page), "items": items})


def _row(summary: PluginSummary, installed: Mapping[str, str], unfit: Sequence[Mismatch]) -> tuple[str, str, str, str]:
    note = f" (does not fit here: it {unfit[0].reason})" if unfit else ""
    return summary.id, summary.version, installed.get(summary.id, ""), summary.summary + note


def _configure_info(parser: Parser) -> None:
    parser.add_argument("plugin", help="a plugin id, as in automatosx.data-profiler, or id@version")


def _info(market: Marketplace, options: Namespace, console: Console) -> Answer:
    plugin, version = plugin_named(options.plugin)
    detail, silent = market.known(plugin)
    releases = [] if silent else market.registry.releases(plugin)
    shown = release_shown(detail, version or detail.summary.version, releases)
    unfit = {each.version: market.mismatches(each) for each in detail.releases}
    requires = next((each.dependencies for each in releases if str(each.version) == shown.version), {})
    lines = describe(detail, shown, unfit, requires)
    flags = [flag for each in releases for flag in flags_of(plugin, each)]
    told = [f"{flag}." for flag in flags if flag.kind not in ("yanked", "deprecated")]
    if unfit[shown.version] and not silent:
        fits = market.newest(plugin)
        told.append(f"The newest version that fits here is {fits}." if fits else "No version fits here.")
    if silent:
        told.append(f"This is what is installed; the registry tells nothing of it: {silent}")
    shown_text = "\n".join([*lines, "", *told] if told else lines)
    return Answer(shown_text, {**asdict(detail), "mismatches": unfit, "flags": flags, "shown": shown.version})


def _list(market: Marketplace, options: Namespace, console: Console) -> Answer:
    installed = market.installed()
    if not installed:
        return Answer(f"Nothing is installed. Look around with {console.prefix} search.", installed)
    notes: list[str] = []
    try:
        notes += [f"{flag}." for flag in market.check_flags()]
        newest = {entry.id: market.newest(entry.id) for entry in installed}
    except AutomatosxError as error:  # whatever keeps the registry from telling, what is installed is known
        newest = {}
        notes = [f"{flag}." for flag in market.profile.flags.all()]
        notes.append(f"What could be updated is not known: {error}")
    rows = [_installed_row(entry, newest.get(entry.id)) for entry in installed]
    if any(row[2] for row in rows):
        notes.append(f"{console.prefix} outdated says which of that an update brings, and why not.")
    notes += [f"{entry.id} is {printable(str(entry.pin))}." for entry in installed if entry.pin is not None]
    return Answer("\n".join([text.table(("plugin", "version", "newest", "wish", "granted"), rows), *notes]), installed)


def _installed_row(entry: InstalledPlugin, newest: str | None) -> tuple[str, ...]:
    newer = newest if newest and Version.parse(newest) > Version.parse(entry.version) else ""
    wish = (entry.wish or "(dependency)") + (f" ({entry.channel})" if entry.channel != "stable" else "")
    return entry.id, entry.version, newer, wish, ", ".join(entry.grants) or "–"


VERBS = (
    Verb("search", "find plugins by words", _configure_search, _search, json=True),
    Verb("info", "what one plugin is, asks for and adds", _configure_info, _info, json=True),
    Verb("list", "what is installed, and of what there is a newer version", lambda _parser: None, _list, json=True),
)
