"""``search``, ``info``, ``list``."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, get_args

from automatosx_nb.commands import text
from automatosx_nb.commands.inspecting import change_lines
from automatosx_nb.commands.verbs import Answer, Console, Verb
from automatosx_nb.errors import RegistryUnreachable, UsageError
from automatosx_nb.model.contributions import KINDS
from automatosx_nb.model.flags import deprecation, flags_of
from automatosx_nb.model.inspection import permission_changes
from automatosx_nb.model.manifest import CATEGORIES
from automatosx_nb.model.permissions import KINDS as PERMISSIONS
from automatosx_nb.model.permissions import Risk, permission_line
from automatosx_nb.model.printable import printable
from automatosx_nb.model.release import PluginDetail, PluginSummary, ReleaseDetail, Sort
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
    parser.add_argument("plugin", help="a plugin id, as in automatosx.data-profiler")


def _info(market: Marketplace, options: Namespace, console: Console) -> Answer:
    detail = market.info(options.plugin)
    unfit = {each.version: market.mismatches(each) for each in detail.releases}
    lines = _describe(detail, unfit)
    flags = [flag for each in market.registry.releases(options.plugin) for flag in flags_of(options.plugin, each)]
    lines += ["", *(f"{flag}." for flag in flags if flag.kind not in ("yanked", "deprecated"))] if flags else []
    if unfit[detail.summary.version]:
        fits = market.newest(options.plugin)
        lines += ["", f"The newest version that fits here is {fits}." if fits else "No version fits here."]
    return Answer("\n".join(lines), {**asdict(detail), "mismatches": unfit, "flags": flags})


def _describe(detail: PluginDetail, unfit: Mapping[str, Sequence[Mismatch]]) -> list[str]:
    summary, newest = detail.summary, _newest(detail)
    lines = [f"{summary.id} {summary.version}", summary.summary, ""]
    lines.append(f"publisher      {summary.id.partition('.')[0]}{' (verified)' if summary.verified else ''}")
    lines.append(f"authors        {', '.join(detail.authors)}")
    lines.append(f"licence        {summary.license}")
    lines.append(f"categories     {', '.join(summary.categories)}")
    lines.append(f"size           {text.size(newest.size)}")
    if summary.ratings:
        lines.append(f"rating         {summary.rating} of 5 ({summary.ratings})")
    for kind, names in newest.contributions.items():
        note = "" if kind in KINDS and KINDS[kind].served else " (this version makes no use of them yet)"
        lines.append(f"{kind:<14} {', '.join(names)}{note}")
    if newest.packages:
        lines.append(f"needs          {', '.join(newest.packages)}")
    if newest.platforms:
        lines.append(f"works on       {', '.join(newest.platforms)}")
    if unfit[newest.version]:
        lines += ["", f"{summary.version} does not fit here:"]
        lines += [f"  - it {printable(str(each))}" for each in unfit[newest.version]]
    lines += ["", "It asks for:" if newest.permissions else "It asks for no permission."]
    lines += [f"  - {permission_line(asked, reason)}" for asked, reason in newest.permissions.items()]
    if newest.optional_permissions:
        lines += ["", "It can do without:"]
        lines += [f"  - {permission_line(*each)}" for each in newest.optional_permissions.items()]
    differ = [each for each in permission_changes(detail.releases) if any(asdict(each[2]).values())]
    if differ:
        lines += ["", "What it asks for has changed:", *change_lines(differ)]
    lines += [
        "",
        text.table(
            ("version", "stage", "published", "fits here"),
            (_release_row(each, unfit[each.version]) for each in detail.releases),
        ),
    ]
    return lines


def _newest(detail: PluginDetail) -> ReleaseDetail:
    return next(release for release in detail.releases if release.version == detail.summary.version)


def _release_row(release: ReleaseDetail, unfit: Sequence[Mismatch]) -> tuple[str, str, str, str]:
    stage = f"{release.stage}, yanked: {release.yanked}" if release.yanked else str(release.stage)
    stage += f", deprecated: {deprecation(release)}" if release.deprecated else ""
    fits = f"no: it {'; it '.join(each.reason for each in unfit)}" if unfit else "yes"
    return release.version, stage, release.published[:10], fits


def _list(market: Marketplace, options: Namespace, console: Console) -> Answer:
    installed = market.installed()
    if not installed:
        return Answer(f"Nothing is installed. Look around with {console.prefix} search.", installed)
    notes: list[str] = []
    try:
        notes += [f"{flag}." for flag in market.check_flags()]
        newest = {entry.id: market.newest(entry.id) for entry in installed}
    except RegistryUnreachable as error:
        newest = {}
        notes += [f"{flag}." for flag in market.profile.flags.all()]
        notes.append(f"What could be updated is not known: {error.problem()}")
    rows = [_installed_row(entry, newest.get(entry.id)) for entry in installed]
    notes += [f"{entry.id} is {printable(str(entry.pin))}." for entry in installed if entry.pin is not None]
    return Answer("\n".join([text.table(("plugin", "version", "update", "wish", "granted"), rows), *notes]), installed)


def _installed_row(entry: InstalledPlugin, newest: str | None) -> tuple[str, ...]:
    update = newest if newest and Version.parse(newest) > Version.parse(entry.version) else ""
    wish = (entry.wish or "(dependency)") + (f" ({entry.channel})" if entry.channel != "stable" else "")
    return entry.id, entry.version, update, wish, ", ".join(entry.grants) or "–"


VERBS = (
    Verb("search", "find plugins by words", _configure_search, _search, reads=True),
    Verb("info", "what one plugin is, asks for and adds", _configure_info, _info, reads=True),
    Verb("list", "what is installed, and what could be updated", lambda _parser: None, _list, reads=True),
)
