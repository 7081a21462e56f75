"""From rows to the records of :mod:`automatosx_nb.model.release`."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import func, select

from automatosx_nb.model.release import Advisory, CheckResult, IndexRelease, PluginSummary, ReleaseDetail, Stage
from automatosx_nb.model.semver import Range, Version
from automatosx_nb.registry import signed
from automatosx_nb.registry.sayings import Said, sayings
from automatosx_nb.registry.schema import (
    advisories,
    artifacts,
    checks,
    dependencies,
    downloads,
    permissions,
    plugins,
    publishers,
    releases,
)
from automatosx_nb.registry.search import Entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sqlalchemy import Connection, Row

    from automatosx_nb.model.keys import ReleaseSignature

    Record = Row[*tuple[Any, ...]]

INDEX_COLUMNS = (
    releases.c.key,
    releases.c.version,
    releases.c.engine,
    releases.c.python,
    releases.c.packages,
    releases.c.platforms,
    releases.c.stage,
    releases.c.yanked,
    releases.c.quarantined,
    releases.c.deprecated,
    releases.c.successor,
    releases.c.published,
    releases.c.artifact,
)
"""What the resolver reads of a release; the texts that people read are many times as long."""
T = TypeVar("T", int, str)
BATCH = 500
"""Keys in one IN (…): SQLite takes 32,766 parameters, older builds 999."""


def newest_first(rows: Iterable[Record]) -> list[Record]:
    """Rows with a ``version``, in SemVer order."""
    return sorted(rows, key=lambda row: Version.parse(row.version), reverse=True)


def shown(ordered: Sequence[Record]) -> Record | None:
    """Of a plugin's releases, newest first, the one that stands for it: a stable one, else the newest; what was yanked
    comes last."""
    for fits in (_stable, _kept, lambda _row: True):
        for row in ordered:
            if fits(row):
                return row
    return None


def entries(
    connection: Connection, keys: Sequence[int], counted: Callable[[str], int], written: Callable[[str], int]
) -> Iterator[Entry]:
    """The plugins with those keys as search shows them; drafts and quarantined releases are not shown.

    ``counted``: the downloads of one that this process counted; ``written``: those of them that ``connection`` reads.
    """
    for some in batches(keys):
        yield from _entries(connection, some, counted, written)


def summary(row: Record, asked: dict[str, str], count: int, said: Said) -> PluginSummary:
    """``row`` has the columns of a release, and ``id`` and ``verified`` of its plugin."""
    return PluginSummary(
        id=row.id,
        version=row.version,
        summary=row.summary,
        categories=tuple(row.categories),
        keywords=tuple(row.keywords),
        license=row.license,
        verified=row.verified,
        downloads=count,
        permissions=asked,
        updated=row.published,
        engine=row.engine,
        python=row.python,
        platforms=tuple(row.platforms),
        packages=tuple(row.packages),
        stage=Stage(row.stage),
        signed=said.signed,
        deprecated=row.deprecated,
        successor=row.successor,
        rating=said.rating,
        ratings=said.ratings,
    )


def release_details(connection: Connection, rows: Sequence[Record]) -> tuple[ReleaseDetail, ...]:
    keys = [row.key for row in rows]
    asked, optional = _permissions(connection, keys)
    needs = _dependencies(connection, keys)
    sizes = _sizes(connection, keys)
    signatures = signed.of_releases(connection, keys)
    return tuple(
        ReleaseDetail(
            version=row.version,
            stage=Stage(row.stage),
            published=row.published,
            sha256=row.artifact,
            size=sizes[row.key],
            permissions=asked[row.key],
            optional_permissions=optional[row.key],
            dependencies={name: text for name, text, is_optional in needs[row.key] if not is_optional},
            packages=tuple(row.packages),
            engine=row.engine,
            python=row.python,
            contributions={kind: tuple(names) for kind, names in row.contributions.items()},
            yanked=row.yanked,
            platforms=tuple(row.platforms),
            deprecated=row.deprecated,
            successor=row.successor,
            signature=signatures.get(row.key),
        )
        for row in rows
    )


def batches(ids: Sequence[T]) -> Iterator[Sequence[T]]:
    """As many at a time as one question may name."""
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]


def index_releases_of(
    connection: Connection, rows: Sequence[Record], ids: Sequence[str]
) -> dict[str, list[IndexRelease]]:
    """Plugin → its releases, newest first. ``rows`` have :data:`INDEX_COLUMNS`, ``id`` and ``size``."""
    said = _advisories(connection, ids)
    needs: dict[int, list[tuple[str, str, bool]]] = defaultdict(list)
    signatures: dict[int, ReleaseSignature] = {}
    for keys in batches([row.key for row in rows]):
        needs |= _dependencies(connection, keys)
        signatures |= signed.of_releases(connection, keys)
    found: dict[str, list[IndexRelease]] = {plugin: [] for plugin in ids}
    for row in newest_first(rows):
        found[row.id].append(_index_release(row, needs[row.key], said[row.id], signatures.get(row.key)))
    return found


def _index_release(
    row: Record,
    needs: Sequence[tuple[str, str, bool]],
    said: Sequence[Advisory],
    signature: ReleaseSignature | None,
) -> IndexRelease:
    version = Version.parse(row.version)
    return IndexRelease(
        version=version,
        dependencies={name: Range.parse(text) for name, text, optional in needs if not optional},
        optional_dependencies={name: Range.parse(text) for name, text, optional in needs if optional},
        engine=Range.parse(row.engine) if row.engine else None,
        python=row.python,
        packages=tuple(row.packages),
        platforms=tuple(row.platforms),
        stage=Stage(row.stage),
        yanked=row.yanked,
        quarantined=row.quarantined,
        signed=signature.key if signature else None,
        published=row.published,
        sha256=row.artifact,
        size=row.size,
        deprecated=row.deprecated,
        successor=row.successor,
        advisories=tuple(each for each in said if each.covers(version)),
    )


def _advisories(connection: Connection, ids: Sequence[str]) -> dict[str, list[Advisory]]:
    """By plugin, in the order of their ids."""
    found: dict[str, list[Advisory]] = defaultdict(list)
    query = select(advisories).where(advisories.c.plugin.in_(ids)).order_by(advisories.c.id)
    for row in connection.execute(query):
        found[row.plugin].append(advisory(row))
    return found


def advisory(row: Record) -> Advisory:
    wanted = Range.parse(row.range)
    return Advisory(row.id, row.plugin, wanted, row.severity, row.summary, row.disables, row.published)


def check_results(connection: Connection, release: int) -> tuple[CheckResult, ...]:
    query = select(checks).where(checks.c.release == release).order_by(checks.c.position)
    return tuple(
        CheckResult(row.check, row.passed, row.severity, row.message, row.file, row.line, row.duration_ms)
        for row in connection.execute(query)
    )


def asked_permissions(connection: Connection, release: int) -> dict[str, str]:
    return _permissions(connection, [release])[0][release]


def download_count(connection: Connection, plugin: int) -> int:
    return _download_counts(connection, [plugin])[plugin]


def _stable(row: Record) -> bool:
    return bool(_kept(row) and row.stage == Stage.STABLE and not Version.parse(row.version).is_prerelease)


def _kept(row: Record) -> bool:
    return row.yanked is None


def _entries(
    connection: Connection, keys: Sequence[int], counted: Callable[[str], int], written: Callable[[str], int]
) -> Iterator[Entry]:
    visible = releases.c.quarantined.is_(None) & (releases.c.stage != Stage.DRAFT.value)
    columns = (releases.c.key, releases.c.plugin, releases.c.version, releases.c.stage, releases.c.yanked)
    by_plugin = defaultdict(list)
    for row in connection.execute(select(*columns).where(releases.c.plugin.in_(keys) & visible)):
        by_plugin[row.plugin].append(row)
    shown_rows = [row for row in map(shown, map(newest_first, by_plugin.values())) if row is not None]
    chosen = [row.key for row in shown_rows]
    asked, _ = _permissions(connection, chosen)
    counts = _download_counts(connection, keys)
    said = sayings(connection, {row.plugin: row.key for row in shown_rows})
    query = (
        select(releases, plugins.c.id, publishers.c.verified)
        .join(plugins, plugins.c.key == releases.c.plugin)
        .join(publishers, publishers.c.key == plugins.c.publisher)
        .where(releases.c.key.in_(chosen))
    )
    for row in connection.execute(query):
        told, ever = said[row.plugin], counted(row.id)
        shown_as = summary(row, asked[row.key], counts[row.plugin] - written(row.id) + ever, told)
        yield Entry(shown_as, row.readme, row.revision, documented=told.documented, counted=ever)


def _permissions(
    connection: Connection, keys: Sequence[int]
) -> tuple[dict[int, dict[str, str]], dict[int, dict[str, str]]]:
    asked: dict[int, dict[str, str]] = defaultdict(dict)
    optional: dict[int, dict[str, str]] = defaultdict(dict)
    query = select(permissions).where(permissions.c.release.in_(keys)).order_by(permissions.c.position)
    for row in connection.execute(query):
        (optional if row.optional else asked)[row.release][row.permission] = row.reason
    return asked, optional


def _dependencies(connection: Connection, keys: Sequence[int]) -> dict[int, list[tuple[str, str, bool]]]:
    found: dict[int, list[tuple[str, str, bool]]] = defaultdict(list)
    query = select(dependencies).where(dependencies.c.release.in_(keys)).order_by(dependencies.c.requires)
    for row in connection.execute(query):
        found[row.release].append((row.requires, row.range, row.optional))
    return found


def _sizes(connection: Connection, keys: Sequence[int]) -> dict[int, int]:
    joined = releases.join(artifacts, artifacts.c.sha256 == releases.c.artifact)
    query = select(releases.c.key, artifacts.c.size).select_from(joined).where(releases.c.key.in_(keys))
    return {row.key: row.size for row in connection.execute(query)}


def _download_counts(connection: Connection, keys: Sequence[int]) -> dict[int, int]:
    joined = downloads.join(releases, releases.c.key == downloads.c.release)
    total = func.sum(downloads.c.count).label("total")
    query = select(releases.c.plugin, total).select_from(joined)
    counted = connection.execute(query.where(releases.c.plugin.in_(keys)).group_by(releases.c.plugin))
    return defaultdict(int, {row.plugin: int(row.total) for row in counted})
