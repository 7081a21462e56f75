"""What a registry says of itself to whoever watches it: gauges of this moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from automatosx_nb.registry.schema import plugins, releases, reports, sequence, uploads, waiting

if TYPE_CHECKING:
    from automatosx_nb.registry.database import Database

Figures = dict[str, tuple[str, float]]
"""Name → what it is, and how much."""


def figures(database: Database, index_revision: int) -> Figures:
    """:param index_revision: the last change that the search index of this process has."""
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
        found = {name: (what, float(connection.execute(query).scalar_one())) for name, (what, query) in counts.items()}
        in_use, idle = database.connections()
    return found | {
        "index_revision": ("The last change that the search index of this process has.", float(index_revision)),
        "database_connections_in_use": ("Connections of this process in use, the one that counts included.", in_use),
        "database_connections_idle": ("Connections of this process that wait for use.", idle),
    }
