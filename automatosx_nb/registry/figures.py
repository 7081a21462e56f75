"""What a registry says of itself to whoever watches it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, select

from automatosx_nb.registry.schema import plugins, releases, reports, sequence, uploads, waiting

if TYPE_CHECKING:
    from automatosx_nb.registry.database import Database
    from automatosx_nb.registry.uploads import Uploads


class Figure(NamedTuple):
    """``grows``: it is a count since the process began, and no gauge of this moment."""

    what: str
    value: float
    grows: bool = False


Figures = dict[str, Figure]
"""By name."""


def figures(database: Database, index_revision: int, sent: Uploads) -> Figures:
    """:param index_revision: the last change that the search index of this process has.
    :param sent: what this process was sent to be published.
    """
    counts = {
        "plugins": ("Plugins.", select(func.count()).select_from(plugins)),
        "releases": ("Releases, also those that wait or are withheld.", select(func.count()).select_from(releases)),
        "reviews_waiting": ("Releases that wait for reviewers.", select(func.count()).select_from(waiting)),
        "reports_open": ("Reports that nobody has closed.", select(func.count()).where(reports.c.closed.is_(None))),
        "uploads_open": (
            "Uploads that have not ended.",
            select(func.count()).where(uploads.c.state.in_(("receiving", "checking"))),
        ),
        "revision": ("The last change of the registry.", select(sequence.c.value)),
    }
    with database.read() as connection:
        found = {name: Figure(what, connection.execute(query).scalar_one()) for name, (what, query) in counts.items()}
        in_use, idle = database.connections()
    return found | {
        "index_revision": Figure("The last change that the search index of this process has.", index_revision),
        "database_connections_in_use": Figure("Connections of this process in use, this one included.", in_use),
        "database_connections_idle": Figure("Connections of this process that wait for use.", idle),
        "publishes": Figure("Releases that came of what was sent here.", sent.published, grows=True),
        "publishes_refused": Figure("What was sent here to be published, and was not.", sent.refused, grows=True),
    }
