"""``search``, ``info``, ``list``."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from automatosx_nb.commands import text
from automatosx_nb.commands.verbs import Answer, Console, Verb
from automatosx_nb.errors import UsageError
from automatosx_nb.model.manifest import CATEGORIES
from automatosx_nb.model.release import PluginDetail, PluginSummary, ReleaseDetail
from automatosx_nb.model.semver import Version
from automatosx_nb.model.spelling import nearest

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace
    from automatosx_nb.host.arguments import Parser


def _configure_search(parser: Parser) -> None:
    parser.add_argument("words", nargs="*", help="what to look for; nothing: everything")
    parser.add_argument("--category", help="only this category")
    parser.add_argument("--publisher", help="only this publisher")
    parser.add_argument("--verified", action="store_const", const=True, help="only verified publishers")
    parser.add_argument("--sort", choices=["relevance", "downloads", "updated", "name"], default="relevance")
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
        sort=options.sort,
        size=options.size,
        cursor=options.cursor,
    )
    if not page.items:
        return Answer(f"Nothing found. Fewer words find more; {console.prefix} search alone lists everything.", page)
    installed = {entry.id: entry.version for entry in market.installed()}
    lines = [
        text.table(("plugin", "version", "installed", "what it does"), (_row(each, installed) for each in page.items))
    ]
    if page.next:
        lines.append(f"{page.total} found; the next page: --cursor {page.next}")
    return Answer("\n".join(lines), page)


def _row(summary: PluginSummary, installed: dict[str, str]) -> tuple[str, str, str, str]:
    return summary.id, summary.version, installed.get(summary.id, ""), summary.summary


def _configure_info(parser: Parser) -> None:
    parser.add_argument("plugin", help="a plugin id, as in automatosx.data-profiler")


def _info(market: Marketplace, options: Namespace, console: Console) -> Answer:
    detail = market.info(options.plugin)
    return Answer("\n".join(_describe(detail)), detail)


def _describe(detail: PluginDetail) -> list[str]:
    summary, newest = detail.summary, _newest(detail)
    lines = [f"{summary.id} {summary.version}", summary.summary, ""]
    lines.append(f"publisher   {summary.id.partition('.')[0]}{' (verified)' if summary.verified else ''}")
    lines.append(f"authors     {', '.join(detail.authors)}")
    lines.append(f"licence     {summary.license}")
    lines.append(f"categories  {', '.join(summary.categories)}")
    lines.append(f"size        {text.size(newest.size)}")
    for kind, names in newest.contributions.items():
        lines.append(f"{kind:<11} {', '.join(names)}")
    if newest.packages:
        lines.append(f"needs       {', '.join(newest.packages)}")
    lines += ["", "It asks for:" if newest.permissions else "It asks for no permission."]
    lines += [f"  - {text.permission_line(asked, reason)}" for asked, reason in newest.permissions.items()]
    lines += [
        "",
        text.table(("version", "stage", "published"), (_release_row(each) for each in detail.releases)),
    ]
    return lines


def _newest(detail: PluginDetail) -> ReleaseDetail:
    return next(release for release in detail.releases if release.version == detail.summary.version)


def _release_row(release: ReleaseDetail) -> tuple[str, str, str]:
    stage = f"{release.stage}, yanked: {release.yanked}" if release.yanked else str(release.stage)
    return release.version, stage, release.published[:10]


def _list(market: Marketplace, options: Namespace, console: Console) -> Answer:
    installed = market.installed()
    if not installed:
        return Answer(f"Nothing is installed. Look around with {console.prefix} search.", installed)
    rows = []
    for entry in installed:
        newest = market.newest(entry.id)
        update = newest if newest and Version.parse(newest) > Version.parse(entry.version) else ""
        rows.append((entry.id, entry.version, update, entry.wish or "(dependency)", ", ".join(entry.grants) or "–"))
    return Answer(text.table(("plugin", "version", "update", "wish", "granted"), rows), installed)


VERBS = (
    Verb("search", "find plugins by words", _configure_search, _search, reads=True),
    Verb("info", "what one plugin is, asks for and adds", _configure_info, _info, reads=True),
    Verb("list", "what is installed, and what could be updated", lambda _parser: None, _list, reads=True),
)
