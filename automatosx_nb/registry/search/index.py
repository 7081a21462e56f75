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
_WRITER_BYTES, _BULK_WRITER_BYTES = 15_000_000, 150_000_000
_BULK = 1000
_SUMMARIES = msgspec.json.Decoder(PluginSummary)


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
        self._shown: dict[int, tuple[str, bytes]] = {}
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
        matching = self._matching(searcher, query)
        counted = facets.count(searcher, matching)
        hits, more = self._hits(searcher, matching, query, after) if counted.total else ([], False)
        depth = len(hits) + (int(after[2]) if after else 0)
        return SearchPage(
            total=counted.total,
            items=tuple(map(self._summary, hits)),
            facets=counted.facets,
            next=cursor.write(query, (hits[-1].rank, hits[-1].id, depth)) if more else None,
        )

    def _matching(self, searcher: Any, query: SearchQuery) -> Any:
        """A filter narrows what its search finds without it: it never makes 'some words' of 'every word'."""
        clauses = filters.clauses(self._schema, query, self._needed)
        if not query.text.strip():
            return _and(tantivy.Query.all_query(), clauses)
        reading = text.read(self._schema, searcher, query.text)
        if reading is None:
            return tantivy.Query.empty_query()
        found = searcher.search(reading.every, 1, count=False).hits
        return _and(reading.every if found else reading.some, clauses)

    def _hits(
        self, searcher: Any, matching: Any, query: SearchQuery, after: cursor.Position | None
    ) -> tuple[list[_Hit], bool]:
        """The page behind ``after``, and whether there is more. Those that share the last rank read are left out, for
        others of it may not have been read."""
        limit = query.size + _MARGIN + (int(after[2]) if after else 0)
        while True:
            ranked = searcher.search(matching, limit, count=False, **_order(query)).hits
            all_read = len(ranked) < limit
            last = None if all_read else ranked[-1][0]
            found = self._read(searcher, [hit for hit in ranked if hit[0] != last], descending=query.sort != "name")
            start = bisect_right(found, after[:2], key=lambda hit: hit[:2]) if after else 0
            page = found[start : start + query.size]
            if all_read or len(found) > start + query.size:
                return page, len(found) > start + query.size
            limit *= 4

    def _read(self, searcher: Any, ranked: list[tuple[Any, Any]], *, descending: bool) -> list[_Hit]:
        numbers = searcher.fast_field_values("number", [address for _, address in ranked])
        hits = []
        for (key, _), number in zip(ranked, numbers, strict=True):
            hits.append(_Hit(-key if descending else key, *self._shown[number]))
        return sorted(hits)

    def _summary(self, hit: _Hit) -> PluginSummary:
        summary = _SUMMARIES.decode(hit.summary)
        more = self._counted.get(hit.id, 0)
        return replace(summary, downloads=summary.downloads + more) if more else summary

    def _put(self, writer: Any, entry: Entry) -> int | None:
        summary = entry.summary
        before = self._forget(writer, summary.id)
        number = self._numbers[summary.id] = next(self._next)
        self._shown[number] = summary.id, msgspec.json.encode(summary)
        self._needed.add(filters.needs(summary))
        writer.add_document(document(number, entry))
        return before

    def _forget(self, writer: Any, plugin: str) -> int | None:
        """The number that it had."""
        number = self._numbers.pop(plugin, None)
        self._counted.pop(plugin, None)
        if number is not None:
            writer.delete_documents_by_term("id", plugin)
            self._needed.discard(filters.needs(_SUMMARIES.decode(self._shown[number][1])))
        return number


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
    return cursor.read(query, "ssn" if query.sort == "name" else "fsn")
