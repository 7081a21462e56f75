"""Search, current: the index is brought up to the registry's last change before it is asked."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from sqlalchemy import select

from automatosx_nb.registry import records
from automatosx_nb.registry.schema import plugins, sequence
from automatosx_nb.registry.search import SearchIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from automatosx_nb.model.release import SearchPage, SearchQuery
    from automatosx_nb.registry.database import Database
    from automatosx_nb.registry.downloads import DownloadCounter
    from automatosx_nb.registry.feed import RevisionFeed
    from automatosx_nb.registry.search import SearchDocument

COUNTED_S = 60.0
"""How long a plugin that was downloaded is still sorted by what its downloads were."""


class CurrentSearch:
    """May be asked from any thread; one of them brings the index up to date, and those that come then wait."""

    def __init__(self, database: Database, feed: RevisionFeed, downloads: DownloadCounter) -> None:
        self._database = database
        self._feed = feed
        self._downloads = downloads
        self._index = SearchIndex(downloads.ever)
        self._refreshing = threading.Lock()
        self._again: set[str] = set()

    @property
    def revision(self) -> int:
        """The last change that the index has."""
        return self._index.revision

    def search(self, query: SearchQuery) -> SearchPage:
        """:raises InvalidSearch: for a text, size, sort, filter or cursor that is none."""
        self._follow()
        return self._index.search(query)

    def searcher(self) -> Callable[[SearchQuery], SearchDocument]:
        """As :meth:`search`, in JSON: for several queries, with the index as it is now."""
        self._follow()
        return self._index.search_document

    def put_again(self, plugins: Iterable[str]) -> None:
        """Before the next search, with the downloads that the database has of them."""
        self._again.update(plugins)

    def _follow(self) -> None:
        if self._again or self._feed.current() > self._index.revision or self._is_due():
            self._refresh()

    def _refresh(self) -> None:
        with self._refreshing, self._database.read() as connection:
            written = self._downloads.written(connection)
            revision = connection.execute(select(sequence.c.value)).scalar_one()
            counted = self._counted()
            if revision == self._index.revision and not counted:
                return
            changed = select(plugins.c.key, plugins.c.id).where(plugins.c.revision > self._index.revision)
            ids = {row.key: row.id for row in connection.execute(changed)}
            for some in records.batches(counted):
                again = select(plugins.c.key, plugins.c.id).where(plugins.c.id.in_(some))
                ids |= {row.key: row.id for row in connection.execute(again)}
            found = records.entries(connection, list(ids), self._downloads.ever, written)
            self._index.update(found, removed=[*ids.values()], revision=revision)

    def _is_due(self) -> bool:
        return time.monotonic() - self._index.counted_at >= COUNTED_S

    def _counted(self) -> list[str]:
        """The plugins that go to another place for their downloads: now and then, for that is a change of the index."""
        counted, self._again = [*self._again], set()
        if self._is_due():
            self._index.counted_at = time.monotonic()
            ever = self._downloads.all().items()
            counted += [plugin for plugin, count in ever if self._index.is_behind(plugin, count)]
        return counted
