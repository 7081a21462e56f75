"""Search: a read model of the database, a tantivy index in this process's memory.

Every hit scores by where its words were found, and by nothing that depends on the other plugins (no inverse
document frequency): so the order of two never changes because a third was published, and a cursor stays valid.
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

import tantivy

from automatosx_nb.errors import InvalidSearch
from automatosx_nb.model.names import publisher_of, short_name
from automatosx_nb.model.release import SearchPage
from automatosx_nb.registry import cursor
from automatosx_nb.registry.words import stem, words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from automatosx_nb.model.release import PluginSummary, SearchQuery

MAX_TEXT = 256
MAX_WORDS = 16
MAX_SIZE = 100
FUZZY_FROM = 4
"""Words of so many letters may be one letter wrong (or have two swapped)."""
FUZZY_PREFIX_FROM = 6
"""And beginnings of words, of so many: shorter ones would meet half of the dictionary."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A plugin as search knows it. ``revision`` orders by when its shown release was published."""

    summary: PluginSummary
    readme: str
    revision: int


class _Weights(NamedTuple):
    """A word's score by how it was met: as it is, by its stem, as a word's start, with one letter wrong."""

    exact: float
    stem: float
    prefix: float
    fuzzy: float


_FIELDS: Mapping[str, _Weights] = {
    "name": _Weights(16, 9, 12, 5),
    "keyword": _Weights(10, 7, 6, 3),
    "publisher": _Weights(5, 0, 3, 1),
    "category": _Weights(5, 4, 3, 1),
    "summary": _Weights(6, 4, 3, 1),
    "readme": _Weights(1, 0.5, 0, 0),
}
_WHOLE_NAME = 32.0
"""For typing a plugin's whole short name or id."""

_KEYS = {"relevance": "ffs", "downloads": "fs", "updated": "fs", "name": "ss"}
_WRITER_BYTES = 15_000_000


class _Snapshot(NamedTuple):
    """What one search works on: an index and the entries it was made of, by document number."""

    searcher: Any
    entries: Mapping[int, Entry]


class SearchIndex:
    """Searches may run on any thread, beside :meth:`update`; each sees one whole state."""

    def __init__(self) -> None:
        self.revision = 0
        """The change up to which the index is current."""
        self._schema = _schema()
        self._index = tantivy.Index(self._schema)
        self._numbers: dict[str, int] = {}
        self._next = count()
        self._lock = threading.Lock()
        self._snapshot = _Snapshot(self._index.searcher(), {})

    def update(self, entries: Iterable[Entry], *, removed: Collection[str] = (), revision: int) -> None:
        """Replace the plugins of ``entries``, forget those in ``removed``; current is now ``revision``."""
        with self._lock:
            known = dict(self._snapshot.entries)
            writer = self._index.writer(_WRITER_BYTES, 1)
            for plugin in removed:
                self._forget(writer, known, plugin)
            for entry in entries:
                self._forget(writer, known, entry.summary.id)
                number = self._numbers[entry.summary.id] = next(self._next)
                known[number] = entry
                writer.add_document(_document(number, entry))
            writer.commit()
            writer.wait_merging_threads()
            self._index.reload()
            self._snapshot = _Snapshot(self._index.searcher(), known)
            self.revision = revision

    def count_download(self, plugin: str) -> None:
        """Show one download more, without a change of the index."""
        with self._lock:
            number = self._numbers.get(plugin)
            if number is None:
                return
            entry = self._snapshot.entries[number]
            counted = replace(entry.summary, downloads=entry.summary.downloads + 1)
            entries = {**self._snapshot.entries, number: replace(entry, summary=counted)}
            self._snapshot = self._snapshot._replace(entries=entries)

    def search(self, query: SearchQuery) -> SearchPage:
        """:raises InvalidSearch: for a text, size, sort or cursor that is none."""
        _validate(query)
        after = cursor.read(query, _KEYS[query.sort])
        found = [(score, entry) for score, entry in self._found(query.text) if _passes(entry.summary, query)]
        keyed = sorted((_key(query, score, entry), entry.summary) for score, entry in found)
        start = 0 if after is None else _behind(keyed, after)
        page = keyed[start : start + query.size]
        more = start + query.size < len(keyed)
        return SearchPage(
            total=len(keyed),
            items=tuple(summary for _, summary in page),
            facets=_facets(summary for _, summary in keyed),
            next=cursor.write(query, page[-1][0]) if more else None,
        )

    def _forget(self, writer: Any, known: dict[int, Entry], plugin: str) -> None:
        number = self._numbers.pop(plugin, None)
        if number is not None:
            writer.delete_documents_by_term("id", plugin)
            del known[number]

    def _found(self, text: str) -> list[tuple[float, Entry]]:
        snapshot = self._snapshot
        if not text.strip():
            return [(0.0, entry) for entry in snapshot.entries.values()]
        typed = words(text)[:MAX_WORDS]
        if not typed or not snapshot.entries:
            return []
        for every in (tantivy.Occur.Must, tantivy.Occur.Should):
            query = _query(self._schema, typed, every)
            hits = snapshot.searcher.search(query, limit=len(snapshot.entries), count=False).hits
            if hits:
                break
        numbers = snapshot.searcher.fast_field_values("number", [address for _, address in hits])
        return [(score, snapshot.entries[n]) for (score, _), n in zip(hits, numbers, strict=True)]


def _schema() -> Any:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("number", fast=True)
    builder.add_text_field("id", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("whole", tokenizer_name="raw", index_option="basic")
    for field in _FIELDS:
        builder.add_text_field(field, tokenizer_name="whitespace", index_option="basic")
        builder.add_text_field(f"{field}_stem", tokenizer_name="en_stem", index_option="basic")
    return builder.build()


def _document(number: int, entry: Entry) -> Any:
    summary = entry.summary
    texts = {
        "name": short_name(summary.id),
        "keyword": " ".join(summary.keywords),
        "publisher": publisher_of(summary.id),
        "category": " ".join(summary.categories),
        "summary": summary.summary,
        "readme": entry.readme,
    }
    document = tantivy.Document()
    document.add_unsigned("number", number)
    document.add_text("id", summary.id)
    document.add_text("whole", " ".join(words(summary.id)))
    document.add_text("whole", " ".join(words(short_name(summary.id))))
    for field, text in texts.items():
        plain = " ".join(words(text))
        document.add_text(field, plain)
        document.add_text(f"{field}_stem", plain)
    return document


def _query(schema: Any, typed: list[str], every: Any) -> Any:
    """Each word counts where it was met best. The whole name, typed, is a bonus."""
    each = [(every, _word(schema, word)) for word in typed]
    whole = tantivy.Query.term_query(schema, "whole", " ".join(typed))
    bonus = tantivy.Query.const_score_query(whole, _WHOLE_NAME)
    return tantivy.Query.boolean_query([*each, (tantivy.Occur.Should, bonus)])


def _word(schema: Any, word: str) -> Any:
    ways: list[Any] = []

    def way(score: float, query: Any) -> None:
        ways.append(tantivy.Query.const_score_query(query, score))

    for field, weights in _FIELDS.items():
        way(weights.exact, tantivy.Query.term_query(schema, field, word))
        if weights.stem:
            way(weights.stem, tantivy.Query.term_query(schema, f"{field}_stem", stem(word)))
        if weights.prefix:
            way(weights.prefix, _fuzzy(schema, field, word, 0, prefix=True))
        if weights.fuzzy and len(word) >= FUZZY_FROM:
            way(weights.fuzzy, _fuzzy(schema, field, word, 1, prefix=False))
        if weights.fuzzy and len(word) >= FUZZY_PREFIX_FROM:
            way(weights.fuzzy / 2, _fuzzy(schema, field, word, 1, prefix=True))
    return tantivy.Query.disjunction_max_query(ways)


def _fuzzy(schema: Any, field: str, word: str, distance: int, *, prefix: bool) -> Any:
    return tantivy.Query.fuzzy_term_query(schema, field, word, distance, True, prefix)


def _passes(summary: PluginSummary, query: SearchQuery) -> bool:
    return (
        (query.category is None or query.category in summary.categories)
        and (query.publisher is None or query.publisher == publisher_of(summary.id))
        and (query.verified is None or query.verified == summary.verified)
    )


def _key(query: SearchQuery, score: float, entry: Entry) -> cursor.Position:
    """What the results are sorted by; the id comes last, so no two keys are the same."""
    summary = entry.summary
    if query.sort == "name":
        return (short_name(summary.id), summary.id)
    if query.sort == "downloads":
        return (-summary.downloads, summary.id)
    if query.sort == "updated":
        return (-entry.revision, summary.id)
    return (-score, -summary.downloads, summary.id)


def _behind(keyed: list[tuple[cursor.Position, PluginSummary]], after: cursor.Position) -> int:
    return sum(1 for key, _ in keyed if key <= after)


def _facets(summaries: Iterable[PluginSummary]) -> dict[str, dict[str, int]]:
    counts: dict[str, Counter[str]] = {"category": Counter(), "publisher": Counter(), "verified": Counter()}
    for summary in summaries:
        counts["category"].update(set(summary.categories))
        counts["publisher"][publisher_of(summary.id)] += 1
        counts["verified"]["true" if summary.verified else "false"] += 1
    return {facet: dict(counter.most_common()) for facet, counter in counts.items()}


def _validate(query: SearchQuery) -> None:
    if len(query.text) > MAX_TEXT:
        raise InvalidSearch("text", f"{len(query.text)} characters long", f"at most {MAX_TEXT} characters")
    if not 1 <= query.size <= MAX_SIZE:
        raise InvalidSearch("size", str(query.size), f"1 to {MAX_SIZE}")
    if query.sort not in _KEYS:
        raise InvalidSearch("sort", repr(query.sort), f"one of {', '.join(_KEYS)}")
