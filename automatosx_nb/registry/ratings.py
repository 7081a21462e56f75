"""PluginRatings: one to five stars and a text, one word a user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, func, insert, select

from automatosx_nb.errors import InvalidAct, OwnRating
from automatosx_nb.model.moderation import LONGEST_TEXT, PluginRatings, Rating, mean_of
from automatosx_nb.registry import acts, finding, revisions, stages
from automatosx_nb.registry.schema import ratings

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automatosx_nb.model.identity import Actor
    from automatosx_nb.registry.database import Database
    from automatosx_nb.registry.records import Record

SHOWN = 100


class Ratings:
    """Implements :class:`automatosx_nb.model.ports_registry.Ratings`; methods may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, actor: Actor, plugin: str) -> PluginRatings:
        """As :meth:`automatosx_nb.model.ports_registry.Ratings.of`."""
        with self._database.read() as connection:
            return _ratings(connection, finding.find_releases(connection, actor, plugin)[0])

    def rate(self, actor: Actor, plugin: str, stars: int, text: str = "", version: str | None = None) -> PluginRatings:
        """As :meth:`automatosx_nb.model.ports_registry.Ratings.rate`."""
        actor.speak()
        _check(stars, text)
        with self._database.write() as connection:
            revisions.hold(connection)
            row = _rated(connection, actor, plugin, version)
            mine = (ratings.c.plugin == row.plugin) & (ratings.c.user == actor.name)
            before = connection.execute(select(ratings).where(mine)).one_or_none()
            said = (stars, text, row.version)
            if before is None or (before.stars, before.text, before.version) != said:
                connection.execute(delete(ratings).where(mine))
                values = {"stars": stars, "text": text, "version": row.version, "given": acts.now()}
                connection.execute(insert(ratings).values(plugin=row.plugin, user=actor.name, **values))
                stages.changed(connection, row.plugin, revisions.next_revision(connection))
                acts.record(connection, actor, "rate", plugin=plugin, version=row.version, stars=stars)
            return _ratings(connection, row)

    def withdraw(self, actor: Actor, plugin: str, *, user: str | None = None) -> PluginRatings:
        """As :meth:`automatosx_nb.model.ports_registry.Ratings.withdraw`."""
        actor.speak()
        whose = user or actor.name
        if whose != actor.name:
            actor.review()
        with self._database.write() as connection:
            revisions.hold(connection)
            row = finding.find_releases(connection, actor, plugin)[0]
            gone = (ratings.c.plugin == row.plugin) & (ratings.c.user == whose)
            if connection.execute(delete(ratings).where(gone)).rowcount:
                stages.changed(connection, row.plugin, revisions.next_revision(connection))
                acts.record(connection, actor, "rating-withdraw", plugin=plugin, user=whose)
            return _ratings(connection, row)


def _check(stars: int, text: str) -> None:
    if stars not in range(1, 6):
        raise InvalidAct(f"{stars} is no number of stars", "Give 1 to 5")
    if len(text) > LONGEST_TEXT:
        raise InvalidAct(f"the text has {len(text)} characters", f"At most {LONGEST_TEXT} are kept")


def _rated(connection: Connection, actor: Actor, plugin: str, version: str | None) -> Record:
    """The release that a rating is about: the one named, else the last published.

    :raises OwnRating: it is the actor's own publisher's.
    """
    if version is None:
        row = finding.find_releases(connection, actor, plugin)[0]
    else:
        row = finding.find_release(connection, actor, plugin, version)
    if row.publisher in actor.publishers:
        raise OwnRating(actor.name, plugin, row.publisher)
    return row


def _ratings(connection: Connection, row: Record) -> PluginRatings:
    counted = select(ratings.c.stars, func.count()).where(ratings.c.plugin == row.plugin).group_by(ratings.c.stars)
    counts = {int(stars): int(count) for stars, count in connection.execute(counted)}
    query = select(ratings).where(ratings.c.plugin == row.plugin)
    newest = connection.execute(query.order_by(ratings.c.given.desc(), ratings.c.user).limit(SHOWN))
    items = tuple(Rating(each.user, each.stars, each.text, each.version, each.given) for each in newest)
    count = sum(counts.values())
    total = sum(stars * each for stars, each in counts.items())
    return PluginRatings(
        row.id, mean_of(total, count), count, {str(stars): counts.get(stars, 0) for stars in range(1, 6)}, items
    )
