"""From what a person typed to tantivy's query: each word scores by how and where it was met best."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import tantivy

from automatosx_nb.registry.search.synonyms import BY_STEM
from automatosx_nb.registry.words import stem, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_TEXT = 256
MAX_WORDS = 16
FUZZY_FROM = 4
"""Words of so many letters may be one letter wrong (or have two swapped)."""
FUZZY_PREFIX_FROM = 6
"""And beginnings of words, of so many: shorter ones would meet half of the dictionary."""


class _Weights(NamedTuple):
    """A word's score by how it was met: as it is, by its stem, as a word's start, with one letter wrong."""

    exact: float
    stem: float
    prefix: float
    fuzzy: float


FIELDS: Mapping[str, _Weights] = {
    "name": _Weights(16, 9, 12, 5),
    "keyword": _Weights(10, 7, 6, 3),
    "publisher": _Weights(5, 0, 3, 1),
    "category": _Weights(5, 4, 3, 1),
    "summary": _Weights(6, 4, 3, 1),
    "readme": _Weights(1, 0.5, 0, 0),
}
STEMMED = "_stem"
KNOWN = "known"
"""All the words of every field but the README."""
WHOLE = "whole"
_WHOLE_NAME = 32.0
"""For typing a plugin's whole short name or id."""
_EVERY = 24.0
"""For having every word, where having some is enough."""
_SYNONYM = 0.6
"""Of a stem's score, for another word that means the same."""


class Reading(NamedTuple):
    """One text: ``every`` word has to be met, or, where that finds little, some of ``words``."""

    every: Any
    words: list[Any]
    bonus: list[Any]

    @property
    def is_of_several(self) -> bool:
        return len(self.words) > 1

    def some(self, all_met: Any) -> Any:
        """One word is enough. ``all_met`` finds what has all of them: ``every`` does, and takes as long as the rest."""
        return _of(self.words, tantivy.Occur.Should, [*self.bonus, _scored(all_met, _EVERY)])


def read(schema: Any, searcher: Any, text: str) -> Reading | None:
    """None: there is no word in it. A word that no plugin has is taken for one that is misspelt."""
    typed = words(text)[:MAX_WORDS]
    if not typed:
        return None
    each = [_word(schema, searcher, word, last=n == len(typed)) for n, word in enumerate(typed, 1)]
    whole = [tantivy.Query.term_query(schema, WHOLE, spelling) for spelling in {" ".join(typed), "".join(typed)}]
    bonus = [_scored(tantivy.Query.disjunction_max_query(whole), _WHOLE_NAME)]
    return Reading(_of(each, tantivy.Occur.Must, bonus), each, bonus)


def _of(each: list[Any], occur: Any, bonus: list[Any]) -> Any:
    """Words that have to be there, or may, and what counts besides."""
    found = tantivy.Query.boolean_query([(occur, query) for query in each])
    more = [(tantivy.Occur.Should, query) for query in bonus]
    return tantivy.Query.boolean_query([(tantivy.Occur.Must, found), *more])


def _word(schema: Any, searcher: Any, word: str, *, last: bool) -> Any:
    """The ``last`` word may still be on its way, so its beginning counts."""
    known = searcher.doc_freq(KNOWN, word) > 0 or bool(searcher.terms_with_prefix(KNOWN, word, limit=1))
    ways = list(_met(schema, word))
    ways += _begun(schema, word) if last or not searcher.doc_freq(KNOWN, word) else [_called(schema, word)]
    ways += () if known else _misspelt(schema, word, last=last)
    return tantivy.Query.disjunction_max_query(ways)


def _met(schema: Any, word: str) -> Iterator[Any]:
    stemmed = stem(word)
    for field, weights in FIELDS.items():
        yield _scored(tantivy.Query.term_query(schema, field, word), weights.exact)
        if weights.stem:
            yield _scored(tantivy.Query.term_query(schema, field + STEMMED, stemmed), weights.stem)
        if weights.fuzzy and weights.stem:
            for other in BY_STEM.get(stemmed, ()):
                yield _scored(tantivy.Query.term_query(schema, field + STEMMED, other), weights.stem * _SYNONYM)


def _begun(schema: Any, word: str) -> Iterator[Any]:
    for field, weights in FIELDS.items():
        if weights.prefix:
            yield _scored(_fuzzy(schema, field, word, 0, prefix=True), weights.prefix)


def _called(schema: Any, word: str) -> Any:
    """Names are often two words in one: 'sound file' is in 'soundfile'."""
    return _scored(_fuzzy(schema, "name", word, 0, prefix=True), FIELDS["name"].stem)


def _misspelt(schema: Any, word: str, *, last: bool) -> Iterator[Any]:
    for field, weights in FIELDS.items():
        if weights.fuzzy and len(word) >= FUZZY_FROM:
            yield _scored(_fuzzy(schema, field, word, 1, prefix=False), weights.fuzzy)
        if weights.fuzzy and last and len(word) >= FUZZY_PREFIX_FROM:
            yield _scored(_fuzzy(schema, field, word, 1, prefix=True), weights.fuzzy / 2)


def _fuzzy(schema: Any, field: str, word: str, distance: int, *, prefix: bool) -> Any:
    return tantivy.Query.fuzzy_term_query(schema, field, word, distance, True, prefix)


def _scored(query: Any, score: float) -> Any:
    return tantivy.Query.const_score_query(query, score)
