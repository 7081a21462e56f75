"""The index: kept current entry by entry, searched from any thread."""

from __future__ import annotations

import threading
import time
from bisect import bisect_right
from collections import Counter
from dataclasses import replace
from itertools import chain, count, islice
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import tantivy

from automatosx_nb.errors import InvalidSearch
from automatosx_nb.model.release import PluginSummary, SearchPage
from automatosx_nb.registry import cursor
from automatosx_nb.registry.search import facets, filters, text
from automatosx_nb.registry.search.entry import document, schema

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from automatosx_nb.model.release import SearchQuery
    from automatosx_nb.registry.search.entry import Entry

MAX_SIZE = 100
_SORTS: Mapping[str, str] = {
    "relevance": "",
    "downloads": "downloads",
    "rating": "rating",
    "updated": "updated",
    "name": "sorted_name",
}
"""Sort → the column that orders; relevance has a score, or, where nothing was typed, the quality."""
_MARGIN = 8
"""Hits that are read beyond a page, so that those which score the same at its end are seldom cut in two."""
_LITTLE = 5
"""Where fewer have every word that was typed, those with some of the words come after them."""
_FEW = 200
"""So many matches are read at once: where there are fewer, they are counted as they are, and not by another search."""
_WRITER_BYTES, _BULK_WRITER_BYTES = 15_000_000, 150_000_000
_BULK = 1000
_SUMMARIES = msgspec.json.Decoder(PluginSummary)


_EVERYTHING = text.Reading(tantivy.Query.all_query(), tantivy.Query.empty_query())


class _Shown(NamedTuple):
    """A plugin as it is kept."""

    id: str
    summary: bytes
    facets: facets.Values


class _Found(NamedTuple):
    """The best of what matches, in tantivy's order, and their numbers."""

    matching: Any
    ranked: list[tuple[Any, Any]]
    numbers: list[int]
    limit: int
    some: bool
    """Whether some of the words were enough."""

    @property
    def is_whole(self) -> bool:
        """Whether it is all that matches."""
        return len(self.ranked) < self.limit


class _Hit(NamedTuple):
    """``rank`` comes first, and ``id`` where two have the same."""

    rank: float | str
    id: str
    summary: bytes


class SearchIndex:
    """Searches may run on any thread, beside :meth:`update`; each sees one whole state.

    A plugin is kept as the bytes of its summary, under a number that is used once: what an update replaces stays for
    searches that began before it, and is forgotten after the next swap.
    """

    def __init__(self) -> None:
        self.revision = 0
        """The change up to which the index is current."""
        self.counted_at = time.monotonic()
        """When :meth:`counted` was last asked for what to put again."""
        self._schema = schema()
        self._index = tantivy.Index(self._schema)
        self._numbers: dict[str, int] = {}
        self._shown: dict[int, _Shown] = {}
        self._needed = filters.Needed()
        self._counted: Counter[str] = Counter()
        self._next = count(1)
        self._lock = threading.Lock()
        self._searcher = self._index.searcher()

    def update(self, entries: Iterable[Entry], *, removed: Collection[str] = (), revision: int) -> None:
        """Forget the plugins in ``removed``, put or replace those of ``entries``; current is now ``revision``."""
        with self._lock:
            begun = iter(entries)
            first = list(islice(begun, _BULK))
            writer = self._index.writer(_WRITER_BYTES if len(first) < _BULK else _BULK_WRITER_BYTES, 1)
            gone = [self._forget(writer, plugin) for plugin in removed]
            gone += [self._put(writer, entry) for entry in chain(first, begun)]
            writer.commit()
            writer.wait_merging_threads()
            self._index.reload()
            self._searcher = self._index.searcher()
            self.revision = revision
            for number in filter(None, gone):
                self._shown.pop(number, None)

    def count_downloads(self, plugin: str, count: int) -> None:
        """Show ``count`` downloads more. What is sorted by them sees it when the plugin is put the next time."""
        with self._lock:
            if plugin in self._numbers:
                self._counted[plugin] += count

    def counted(self) -> list[str]:
        """The plugins whose downloads were counted since they were put."""
        with self._lock:
            return list(self._counted)

    def search(self, query: SearchQuery) -> SearchPage:
        """:raises InvalidSearch: for a text, size, sort, filter or cursor that is none."""
        after = _validated(query)
        while True:
            searcher = self._searcher
            try:
                return self._search(searcher, query, after)
            except KeyError:
                if searcher is self._searcher:
                    raise

    def _search(self, searcher: Any, query: SearchQuery, after: cursor.Position | None) -> SearchPage:
        """:raises KeyError: an update replaced what ``searcher`` found."""
        depth, some = (int(after[2]), bool(after[3])) if after else (0, None)
        found = self._found(searcher, query, max(_FEW, query.size + _MARGIN + depth), some)
        if found.is_whole:
            counted = facets.tally(self._shown[number].facets for number in found.numbers)
        else:
            counted = facets.count(searcher, found.matching)
        hits, more = self._page(searcher, found, query, after)
        return SearchPage(
            total=counted.total,
            items=tuple(map(self._summary, hits)),
            facets=counted.facets,
            next=cursor.write(query, (*hits[-1][:2], depth + len(hits), int(found.some))) if more else None,
        )

    def _found(self, searcher: Any, query: SearchQuery, limit: int, some: bool | None) -> _Found:
        """Whether ``some`` words are enough is decided for the first page, and not again for the next ones, whatever
        was published meanwhile. A filter narrows what its search finds without it: it never makes that of all words."""
        clauses = filters.clauses(self._schema, query, self._needed)
        reading = text.read(self._schema, searcher, query.text) if query.text.strip() else _EVERYTHING
        if reading is None:
            return _Found(tantivy.Query.empty_query(), [], [], limit, False)
        if some is None and reading is not _EVERYTHING:
            some = len(searcher.search(reading.every, _LITTLE, count=False).hits) < _LITTLE
        matching = _and(reading.some if some else reading.every, clauses)
        return _ranked(searcher, matching, query, limit, bool(some))

    def _page(
        self, searcher: Any, found: _Found, query: SearchQuery, after: cursor.Position | None
    ) -> tuple[list[_Hit], bool]:
        """The page behind ``after``, and whether there is more. Those that share the last rank read are left out, for
        others of it may not have been read."""
        while True:
            hits = self._hits(found, descending=query.sort != "name")
            start = bisect_right(hits, after[:2], key=lambda hit: hit[:2]) if after else 0
            if found.is_whole or len(hits) > start + query.size:
                return hits[start : start + query.size], len(hits) > start + query.size
            found = _ranked(searcher, found.matching, query, found.limit * 4, found.some)

    def _hits(self, found: _Found, *, descending: bool) -> list[_Hit]:
        last = None if found.is_whole else found.ranked[-1][0]
        pairs = zip(found.ranked, found.numbers, strict=True)
        shown = ((key, self._shown[number]) for (key, _), number in pairs if key != last)
        return sorted(_Hit(-key if descending else key, each.id, each.summary) for key, each in shown)

    def _summary(self, hit: _Hit) -> PluginSummary:
        summary = _SUMMARIES.decode(hit.summary)
        more = self._counted.get(hit.id, 0)
        return replace(summary, downloads=summary.downloads + more) if more else summary

    def _put(self, writer: Any, entry: Entry) -> int | None:
        summary = entry.summary
        before = self._forget(writer, summary.id)
        number = self._numbers[summary.id] = next(self._next)
        self._shown[number] = _Shown(summary.id, msgspec.json.encode(summary), facets.values(summary))
        self._needed.add(filters.needs(summary))
        writer.add_document(document(number, entry))
        return before

    def _forget(self, writer: Any, plugin: str) -> int | None:
        """The number that it had."""
        number = self._numbers.pop(plugin, None)
        self._counted.pop(plugin, None)
        if number is not None:
            writer.delete_documents_by_term("id", plugin)
            self._needed.discard(filters.needs(_SUMMARIES.decode(self._shown[number].summary)))
        return number


def _ranked(searcher: Any, matching: Any, query: SearchQuery, limit: int, some: bool) -> _Found:
    ranked = searcher.search(matching, limit, count=False, **_order(query)).hits
    numbers = searcher.fast_field_values("number", [address for _, address in ranked])
    return _Found(matching, ranked, numbers, limit, some)


def _and(scoring: Any, clauses: list[tuple[Any, Any]]) -> Any:
    return tantivy.Query.boolean_query([(tantivy.Occur.Must, scoring), *clauses])


def _order(query: SearchQuery) -> dict[str, Any]:
    if query.sort == "name":
        return {"order_by_field": _SORTS["name"], "order": tantivy.Order.Asc}
    if query.sort == "relevance":
        return {"weight_by_field": "quality"} if query.text.strip() else {"order_by_field": "quality"}
    return {"order_by_field": _SORTS[query.sort]}


def _validated(query: SearchQuery) -> cursor.Position | None:
    """Where the page begins.

    :raises InvalidSearch:
    """
    if len(query.text) > text.MAX_TEXT:
        raise InvalidSearch("text", f"{len(query.text)} characters long", f"at most {text.MAX_TEXT} characters")
    if not 1 <= query.size <= MAX_SIZE:
        raise InvalidSearch("size", str(query.size), f"1 to {MAX_SIZE}")
    if query.sort not in _SORTS:
        raise InvalidSearch("sort", repr(query.sort), f"one of {', '.join(_SORTS)}")
    filters.validate(query)
    return cursor.read(query, "ssnn" if query.sort == "name" else "fsnn")
