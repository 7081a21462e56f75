"""What is said of a plugin's shown release: by those who rated it, by its publisher's key, by its checks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Integer, func, select

from automatosx_nb.model.moderation import mean_of
from automatosx_nb.registry import signed
from automatosx_nb.registry.schema import checks, ratings

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Connection

DOCUMENTATION = "notebooks"
"""The check that executes a plugin's documentation, where it has any."""


@dataclass(frozen=True, slots=True)
class Said:
    rating: float | None = None
    """Mean of the stars, to the hundredth."""
    ratings: int = 0
    signed: bool = False
    """By a key that was not revoked when it did."""
    documented: bool = False


def sayings(connection: Connection, shown: Mapping[int, int]) -> dict[int, Said]:
    """Key of a plugin → what is said of it; ``shown``: key of a plugin → that of its shown release."""
    stars = _stars(connection, shown)
    signatures = signed.of_releases(connection, shown.values())
    documented = _documented(connection, shown.values())
    found = {}
    for plugin, release in shown.items():
        rating, number = stars.get(plugin, (None, 0))
        found[plugin] = Said(rating, number, release in signatures, release in documented)
    return found


def _stars(connection: Connection, plugins: Collection[int]) -> dict[int, tuple[float | None, int]]:
    query = select(ratings.c.plugin, func.sum(ratings.c.stars), func.count()).group_by(ratings.c.plugin)
    found = connection.execute(query.where(ratings.c.plugin.in_(plugins)))
    return {plugin: (mean_of(int(total), number), number) for plugin, total, number in found}


def _documented(connection: Connection, releases: Collection[int]) -> set[int]:
    """Those of which notebooks were executed, and every one of them went through."""
    query = select(checks.c.release).where(checks.c.release.in_(releases) & (checks.c.check == DOCUMENTATION))
    whole = query.group_by(checks.c.release).having(func.min(checks.c.passed.cast(Integer)) == 1)
    return set(connection.execute(whole).scalars())
