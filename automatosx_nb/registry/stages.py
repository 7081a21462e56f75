"""From draft to beta to stable: what policy says of a release, and the one place where its stage is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, func, insert, select, update

from automatosx_nb.model.release import Stage
from automatosx_nb.model.review import Asks
from automatosx_nb.model.semver import Version
from automatosx_nb.registry import acts
from automatosx_nb.registry.schema import dependencies, permissions, plugins, releases, reviews, waiting

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automatosx_nb.model.manifest import Manifest
    from automatosx_nb.model.review import ReviewPolicy
    from automatosx_nb.registry.records import Record


def arrival(
    connection: Connection, policy: ReviewPolicy, manifest: Manifest, wanted: Stage
) -> tuple[Stage, Stage | None]:
    """The stage in which a new release comes, and what it then waits to become; None: it is there."""
    if not policy.needed(wanted):
        return wanted, None
    needs = manifest.requires
    asks = Asks(
        frozenset((*manifest.permissions, *manifest.optional_permissions)),
        frozenset((*needs.plugins, *needs.optional_plugins)),
        frozenset(needs.packages),
    )
    if _passes_by_itself(connection, policy, manifest.id, manifest.version, asks):
        return wanted, None
    return Stage.DRAFT, wanted


def may_become(connection: Connection, policy: ReviewPolicy, row: Record, to: Stage) -> bool:
    """Whether a release, a row of ``finding.COLUMNS``, may become ``to`` now, rejections aside."""
    if approvals(connection, row) >= policy.needed(to):
        return True
    version = Version.parse(row.version)
    return _passes_by_itself(connection, policy, row.id, version, asks_of(connection, row.key, row.packages))


def approvals(connection: Connection, row: Record) -> int:
    """How many have approved a release; who submitted it is none of them, whatever the table says."""
    others = (reviews.c.release == row.key) & reviews.c.approves & (reviews.c.reviewer != row.submitter)
    return int(connection.execute(select(func.count()).select_from(reviews).where(others)).scalar_one())


def advance(connection: Connection, row: Record, to: Stage, revision: int) -> None:
    """Have a release become ``to``, in the change with that number.

    One that was a draft until now counts as published now, for nobody saw it.
    """
    values: dict[str, object] = {"stage": to.value}
    if row.stage == Stage.DRAFT.value:
        values |= {"published": acts.now(), "revision": revision}
    connection.execute(update(releases).where(releases.c.key == row.key).values(values))
    connection.execute(delete(waiting).where(waiting.c.release == row.key))


def changed(connection: Connection, plugin: int, revision: int) -> None:
    """The change with that number is one of the plugin: what is kept of it elsewhere may be no longer so."""
    connection.execute(update(plugins).where(plugins.c.key == plugin).values(revision=revision))


def wait(connection: Connection, release: int, wanted: Stage, revision: int) -> None:
    """Put a release behind all that waits; one that waits for the same thing keeps its place."""
    same = (waiting.c.release == release) & (waiting.c.stage == wanted.value)
    if connection.execute(select(waiting.c.release).where(same)).one_or_none() is not None:
        return
    connection.execute(delete(waiting).where(waiting.c.release == release))
    connection.execute(insert(waiting).values(release=release, stage=wanted.value, revision=revision))


def waits_for(connection: Connection, release: int) -> Stage | None:
    found = connection.execute(select(waiting.c.stage).where(waiting.c.release == release)).scalar_one_or_none()
    return None if found is None else Stage(found)


def baseline(connection: Connection, plugin: str, version: Version) -> Record | None:
    """The newest stable release below ``version``, that is neither yanked nor quarantined: what stood a review."""
    columns = (releases.c.key, releases.c.version, releases.c.artifact, releases.c.packages, releases.c.contributions)
    joined = releases.join(plugins, plugins.c.key == releases.c.plugin)
    stands = releases.c.yanked.is_(None) & releases.c.quarantined.is_(None)
    stable = (plugins.c.id == plugin) & (releases.c.stage == Stage.STABLE.value) & stands
    below = [
        (Version.parse(row.version), row)
        for row in connection.execute(select(*columns).select_from(joined).where(stable))
    ]
    found = [each for each in below if each[0] < version]
    return max(found, key=lambda each: each[0])[1] if found else None


def asks_of(connection: Connection, release: int, packages: list[str]) -> Asks:
    asked = select(permissions.c.permission).where(permissions.c.release == release)
    needed = select(dependencies.c.requires).where(dependencies.c.release == release)
    return Asks(
        frozenset(connection.execute(asked).scalars()),
        frozenset(connection.execute(needed).scalars()),
        frozenset(packages),
    )


def _passes_by_itself(connection: Connection, policy: ReviewPolicy, plugin: str, version: Version, asks: Asks) -> bool:
    if not policy.trusted:
        return False
    before = baseline(connection, plugin, version)
    if before is None:
        return False
    asked = asks_of(connection, before.key, before.packages)
    return policy.passes_by_itself(plugin, Version.parse(before.version), asked, version, asks)
