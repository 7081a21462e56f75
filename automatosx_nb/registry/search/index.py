"""The index: kept current entry by entry, searched from any thread."""

from __future__ import annotations

import threading
import time
from bisect import bisect_right
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
    from collections.abc import Callable, Collection, Iterable, Mapping

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


_EVERYTHING = text.Reading(text.Sought(tantivy.Query.all_query(), tantivy.Query.all_query()), [], [], False)


class _Shown(NamedTuple):
    """A plugin as it is kept."""

    id: str
    summary: bytes
    counted: int


class _Found(NamedTuple):
    """The best of what matches, in tantivy's order, and their numbers."""

    sought: text.Sought
    ranked: list[tuple[Any, Any]]
    numbers: list[int]
    limit: int
    some: bool
    """Whether some of the words were enough."""

    @property
    def is_whole(self) -> bool:
        """Whether it is all that matches."""
        return len(self.ranked) < self.limit


class SearchDocument(NamedTuple):
    """A :class:`automatosx_nb.model.release.SearchPage` in JSON, which is ``body``, and what of it a header says."""

    total: int
    next: str | None
    body: bytes


class _Hit(NamedTuple):
    """``rank`` comes first, and ``id`` where two have the same."""

    rank: float | str
    id: str
    summary: bytes
    counted: int


class _Page(NamedTuple):
    """As a SearchPage."""

    total: int
    items: list[_Hit]
    facets: Mapping[str, Mapping[str, int]]
    next: str | None


class SearchIndex:
    """Searches may run on any thread, beside :meth:`update`; each sees one whole state.

    A plugin is kept as the bytes of its summary, under a number that is used once: what an update replaces stays for
    searches that began before it, and is forgotten after the next swap.
    """

    def __init__(self, counted: Callable[[str], int] = lambda _plugin: 0) -> None:
        """:param counted: how many of a plugin's downloads this process has counted until now. They are shown at once;
        what is sorted by them sees them when the plugin is put the next time.
        """
        self.revision = 0
        """The change up to which the index is current."""
        self.counted_at = time.monotonic()
        """When somebody last looked for what to put again, for it was downloaded."""
        self._counted = counted
        self._schema = schema()
        self._index = tantivy.Index(self._schema)
        self._numbers: dict[str, int] = {}
        self._shown: dict[int, _Shown] = {}
        self._needed = filters.Needed()
        self._facets = facets.Facets()
        self._next = count(1)
        self._lock = threading.Lock()
        self._reader = text.Reader(self._schema, self._index.searcher())

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
            self._reader = text.Reader(self._schema, self._index.searcher())
            self.revision = revision
            for number in filter(None, gone):
                self._shown.pop(number, None)

    def is_behind(self, plugin: str, counted: int) -> bool:
        """Whether it was put with fewer downloads than the ``counted``."""
        with self._lock:
            number = self._numbers.get(plugin)
            return number is not None and self._shown[number].counted < counted

    def search(self, query: SearchQuery) -> SearchPage:
        """:raises InvalidSearch: for a text, size, sort, filter or cursor that is none."""
        page = self._searched(query)
        return SearchPage(page.total, tuple(map(self._summary, page.items)), page.facets, page.next)

    def search_document(self, query: SearchQuery) -> SearchDocument:
        """As :meth:`search`, for whoever passes it on: no summary is read and written again."""
        page = self._searched(query)
        items = [msgspec.Raw(self._current(hit)) for hit in page.items]
        return SearchDocument(page.total, page.next, msgspec.json.encode({**page._asdict(), "items": items}))

    def _searched(self, query: SearchQuery) -> _Page:
        after = validated(query)
        while True:
            reader = self._reader
            try:
                return self._search(reader, query, after)
            except KeyError:
                if reader is self._reader:
                    raise

    def _search(self, reader: text.Reader, query: SearchQuery, after: cursor.Position | None) -> _Page:
        """:raises KeyError: an update replaced what ``reader`` found."""
        depth, some = (int(after[2]), bool(after[3])) if after else (0, None)
        found = self._found(reader, query, max(_FEW, query.size + _MARGIN + depth), some)
        if found.is_whole:
            counted = self._facets.tally(reader.searcher, [address for _, address in found.ranked])
        else:
            counted = self._facets.count(reader.searcher, found.sought.matching)
        hits, more = self._page(reader.searcher, found, query, after)
        at_end = cursor.write(query, (*hits[-1][:2], depth + len(hits), int(found.some))) if more else None
        return _Page(counted.total, hits, counted.facets, at_end)

    def _found(self, reader: text.Reader, query: SearchQuery, limit: int, some: bool | None) -> _Found:
        """Whether ``some`` words are enough is decided for the first page, and not again for the next ones, whatever
        was published meanwhile. A filter narrows what its search finds without it: it never makes that of all words."""
        clauses = filters.clauses(self._schema, query, self._needed)
        searcher = reader.searcher
        reading = reader.read(query.text) if query.text.strip() else _EVERYTHING
        if reading is None:
            return _Found(text.NOTHING, [], [], limit, False)
        every = _and(reading.every, clauses)
        all_met = [every.matching] if some else None
        if some is None:
            all_met = self._all_met(searcher, reading, every)
        if all_met is None:
            return _ranked(searcher, every, query, limit, False)
        return _ranked(searcher, _and(reading.some(all_met), clauses), query, limit, True)

    def _all_met(self, searcher: Any, reading: text.Reading, every: text.Sought) -> list[Any] | None:
        """What finds the few that have all words, where others are to come after them; None: there are enough."""
        if not reading.is_of_several:
            return None
        few = text.matches(searcher, every.matching, _LITTLE)
        unfiltered = few
        if every is not reading.every and len(few) < _LITTLE:
            unfiltered = text.matches(searcher, reading.every.matching, _LITTLE)
        if len(unfiltered) >= _LITTLE:
            return None
        numbers = searcher.fast_field_values("number", few)
        return [tantivy.Query.term_query(self._schema, "id", self._shown[it].id) for it in numbers]

    def _page(
        self, searcher: Any, found: _Found, query: SearchQuery, after: cursor.Position | None
    ) -> tuple[list[_Hit], bool]:
        """The page behind ``after``, and whether there is more. Those that share the last rank read are left out, for
        others of it may not have been read."""
        looked_at = query.size + _MARGIN + (int(after[2]) if after else 0)
        while True:
            hits = self._hits(found, looked_at, descending=query.sort != "name")
            start = bisect_right(hits, after[:2], key=lambda hit: hit[:2]) if after else 0
            if len(hits) > start + query.size or (found.is_whole and len(hits) == len(found.ranked)):
                return hits[start : start + query.size], len(hits) > start + query.size
            if looked_at >= len(found.ranked):
                found = _ranked(searcher, found.sought, query, found.limit * 4, found.some)
            looked_at = max(looked_at * 4, len(found.ranked))

    def _hits(self, found: _Found, most: int, *, descending: bool) -> list[_Hit]:
        """In their order, of the first ``most`` those whose rank no other one has: all of them, where there are no
        more."""
        cut = not found.is_whole or most < len(found.ranked)
        pairs = list(zip(found.ranked[:most], found.numbers, strict=False))
        last = pairs[-1][0][0] if cut and pairs else None
        shown = ((key, self._shown[number]) for (key, _), number in pairs if key != last)
        return sorted(_Hit(-key if descending else key, each.id, each.summary, each.counted) for key, each in shown)

    def _summary(self, hit: _Hit) -> PluginSummary:
        return _SUMMARIES.decode(self._current(hit))

    def _current(self, hit: _Hit) -> bytes:
        """The summary of a hit, with the downloads that were counted since it was put."""
        more = self._counted(hit.id) - hit.counted
        if not more:
            return hit.summary
        summary = _SUMMARIES.decode(hit.summary)
        return msgspec.json.encode(replace(summary, downloads=summary.downloads + more))

    def _put(self, writer: Any, entry: Entry) -> int | None:
        summary = entry.summary
        before = self._forget(writer, summary.id)
        number = self._numbers[summary.id] = next(self._next)
        values = self._facets.values(summary)
        self._shown[number] = _Shown(summary.id, msgspec.json.encode(summary), entry.counted)
        self._needed.add(filters.needs(summary))
        writer.add_document(document(number, entry, values))
        return before

    def _forget(self, writer: Any, plugin: str) -> int | None:
        """The number that it had."""
        number = self._numbers.pop(plugin, None)
        if number is not None:
            writer.delete_documents_by_term("id", plugin)
            self._needed.discard(filters.needs(_SUMMARIES.decode(self._shown[number].summary)))
        return number


def _ranked(searcher: Any, sought: text.Sought, query: SearchQuery, limit: int, some: bool) -> _Found:
    ranked = searcher.search(sought.scoring, limit, count=False, **_order(query)).hits
    numbers = searcher.fast_field_values("number", [address for _, address in ranked])
    return _Found(sought, ranked, numbers, limit, some)


def _and(sought: text.Sought, clauses: list[tuple[Any, Any]]) -> text.Sought:
    if not clauses:
        return sought
    return text.Sought(*(tantivy.Query.boolean_query([(tantivy.Occur.Must, it), *clauses]) for it in sought))


def _order(query: SearchQuery) -> dict[str, Any]:
    if query.sort == "name":
        return {"order_by_field": _SORTS["name"], "order": tantivy.Order.Asc}
    if query.sort == "relevance":
        return {"weight_by_field": "quality"} if query.text.strip() else {"order_by_field": "quality"}
    return {"order_by_field": _SORTS[query.sort]}


def validated(query: SearchQuery) -> cursor.Position | None:
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
