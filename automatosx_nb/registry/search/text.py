"""From what a person typed to tantivy's queries: each word scores by how and where it was met best.

A field has the words of several places where they count the same. What counts least is looked for in everything at
once: so it alone tells whether a word was met, and the other fields only add to its score.
"""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple

import tantivy

from automatosx_nb.registry.search.synonyms import BY_STEM
from automatosx_nb.registry.words import stem, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MAX_TEXT = 256
MAX_WORDS = 16
_MOST_WORDS = 4096
"""Words of which is remembered how they are looked for: people type the same few over and over."""
FUZZY_FROM = 4
"""Words of so many letters may be one letter wrong (or have two swapped)."""
FUZZY_PREFIX_FROM = 6
"""And beginnings of words, of so many: shorter ones would meet half of the dictionary."""


class _Field(NamedTuple):
    """The places whose words it has, and a word's score by how it was met there: as it is, by its stem, as a word's
    start, with one letter wrong. What has a score for stems has those alone."""

    places: tuple[str, ...]
    exact: float = 0
    stem: float = 0
    prefix: float = 0
    fuzzy: float = 0


_PLACES = ("name", "keyword", "publisher", "category", "summary")
KNOWN = "known"
"""All the words of every place but the README."""
ANYWHERE = "anywhere"
"""The stems of all words."""
SAID = "said_stem"
"""The stems of those words that are not of the README alone."""
FIELDS: Mapping[str, _Field] = {
    "name": _Field(("name",), exact=16, prefix=12, fuzzy=5),
    "name_stem": _Field(("name",), stem=9),
    "keyword": _Field(("keyword",), exact=10, prefix=6, fuzzy=3),
    "keyword_stem": _Field(("keyword",), stem=7),
    "summary": _Field(("summary",), exact=6),
    "label": _Field(("publisher", "category"), exact=5),
    "about_stem": _Field(("category", "summary"), stem=4),
    KNOWN: _Field(_PLACES, prefix=3, fuzzy=1),
    SAID: _Field(_PLACES, stem=1),
    ANYWHERE: _Field((*_PLACES, "readme"), stem=1),
}
WHOLE = "whole"
_WHOLE_NAME = 32.0
"""For typing a plugin's whole short name or id."""
_EVERY = 24.0
"""For having every word, where having some is enough."""
_SYNONYM = 0.6
"""Of a stem's score, for another word that means the same."""
_ENOUGH = 5
"""Where so many plugins say a word, those that have it in their README alone are no answer to some of the words."""


class _Way(NamedTuple):
    """One of those to meet a word."""

    query: Any
    score: float
    decides: bool = False
    """Whether it meets something that none of the others may."""
    stems: str = ""
    """The field of stems that it looks into, where that is one of :data:`SAID` and :data:`ANYWHERE`."""


class Sought(NamedTuple):
    """One search twice: as hits are ranked by it, and as they are counted, which finds the same and does not score."""

    scoring: Any
    matching: Any


class Word(NamedTuple):
    """``anywhere``, and as it is looked for where some of the words are enough."""

    anywhere: Sought
    said: Sought


NOTHING = Sought(tantivy.Query.empty_query(), tantivy.Query.empty_query())


class Reading(NamedTuple):
    """One text: ``every`` word has to be met, or, where that finds little, some of ``words``."""

    every: Sought
    words: list[Sought]
    bonus: list[Any]
    is_of_several: bool

    def some(self, all_met: Iterable[Any]) -> Sought:
        """One word is enough, or to be among what ``all_met`` find, which has all of them: so does ``every``, and takes
        as long as the rest."""
        if not self.words:
            return NOTHING
        every = list(all_met)
        scoring = [word.scoring for word in self.words] + [_scored(query, _EVERY) for query in every]
        return Sought(_with(_any(scoring), self.bonus), _any([word.matching for word in self.words] + every))


class Reader:
    """Of one state of the index, from any thread: a word that was typed before is not looked up again."""

    def __init__(self, schema: Any, searcher: Any) -> None:
        self.searcher = searcher
        self._schema = schema
        self._word = lru_cache(_MOST_WORDS)(partial(_word, schema, searcher))

    def read(self, text: str) -> Reading | None:
        """None: there is no word in it. A word that no plugin has is taken for one that is misspelt."""
        typed = words(text)[:MAX_WORDS]
        if not typed:
            return None
        each = [self._word(word, last=n == len(typed)) for n, word in enumerate(typed, 1)]
        bonus = [_scored(_any(whole), _WHOLE_NAME)] if (whole := self._whole(typed)) else []
        met = [word for word in each if word is not None]
        every = NOTHING
        if len(met) == len(each):
            found = [word.anywhere for word in met]
            every = Sought(
                _with(_all([word.scoring for word in found]), bonus), _all([word.matching for word in found])
            )
        return Reading(every, [word.said for word in met], bonus, len(typed) > 1)

    def _whole(self, typed: list[str]) -> list[Any]:
        return [
            tantivy.Query.term_query(self._schema, WHOLE, spelling)
            for spelling in {" ".join(typed), "".join(typed)}
            if self.searcher.doc_freq(WHOLE, spelling)
        ]


def _word(schema: Any, searcher: Any, word: str, *, last: bool) -> Word | None:
    """None: no plugin has it. The ``last`` word may still be on its way, so its beginning counts."""
    known = searcher.doc_freq(KNOWN, word) > 0
    begins = any(term != word for term, _ in searcher.terms_with_prefix(KNOWN, word, limit=2))
    ways = list(_met(schema, searcher, word, known=known))
    if begins:
        ways += _begun(schema, word) if last or not known else [_called(schema, word)]
    elif not known:
        ways += _misspelt(schema, searcher, word, last=last)
    if not ways:
        return None
    anywhere = _sought([way for way in ways if way.stems != SAID])
    said_ways = [way for way in ways if way.stems != ANYWHERE]
    if any(way.decides for way in said_ways):
        said = _sought(said_ways)
        if len(matches(searcher, said.matching, _ENOUGH)) == _ENOUGH:
            return Word(anywhere, said)
    return Word(anywhere, anywhere)


def _sought(ways: list[_Way]) -> Sought:
    scoring = [_scored(way.query, way.score) for way in ways]
    return Sought(
        scoring[0] if len(scoring) == 1 else tantivy.Query.disjunction_max_query(scoring),
        _any([way.query for way in ways if way.decides]),
    )


def _met(schema: Any, searcher: Any, word: str, *, known: bool) -> Iterator[_Way]:
    """As it is, which it may be where it is ``known`` outside of READMEs, by its stem, and by what means the same."""
    stemmed = stem(word)
    for field, weights in FIELDS.items():
        if known and weights.exact and searcher.doc_freq(field, word):
            yield _Way(tantivy.Query.term_query(schema, field, word), weights.exact)
    yield from _stemmed(schema, searcher, stemmed)
    for other in BY_STEM.get(stemmed, ()):
        for way in _stemmed(schema, searcher, other):
            if not way.stems:
                yield _Way(way.query, way.score * _SYNONYM, decides=True)


def _stemmed(schema: Any, searcher: Any, stemmed: str) -> Iterator[_Way]:
    if not searcher.doc_freq(ANYWHERE, stemmed):
        return
    for field, weights in FIELDS.items():
        if weights.stem and searcher.doc_freq(field, stemmed):
            query = tantivy.Query.term_query(schema, field, stemmed)
            stems = field if field in (SAID, ANYWHERE) else ""
            yield _Way(query, weights.stem, decides=bool(stems), stems=stems)


def _begun(schema: Any, word: str) -> Iterator[_Way]:
    for field, weights in FIELDS.items():
        if weights.prefix:
            yield _Way(_fuzzy(schema, field, word, 0, prefix=True), weights.prefix, field == KNOWN)


def _called(schema: Any, word: str) -> _Way:
    """Names are often two words in one: 'sound file' is in 'soundfile'."""
    return _Way(_fuzzy(schema, "name", word, 0, prefix=True), FIELDS["name_stem"].stem, True)


def _misspelt(schema: Any, searcher: Any, word: str, *, last: bool) -> Iterator[_Way]:
    """The whole word, and, where it is the ``last``, its beginning."""
    for prefix in (True, False) if last and len(word) >= FUZZY_PREFIX_FROM else (False,):
        if len(word) < FUZZY_FROM or not matches(searcher, _fuzzy(schema, KNOWN, word, 1, prefix=prefix), 1):
            return
        for field, weights in FIELDS.items():
            if weights.fuzzy:
                query = _fuzzy(schema, field, word, 1, prefix=prefix)
                yield _Way(query, weights.fuzzy / (2 if prefix else 1), field == KNOWN)


def matches(searcher: Any, query: Any, most: int) -> list[Any]:
    """The addresses of some that match; of one that does not score they are found in a third of the time."""
    return [address for _, address in searcher.search(query, most, count=False).hits]


def _fuzzy(schema: Any, field: str, word: str, distance: int, *, prefix: bool) -> Any:
    return tantivy.Query.fuzzy_term_query(schema, field, word, distance, True, prefix)


def _scored(query: Any, score: float) -> Any:
    return tantivy.Query.const_score_query(query, score)


def _any(queries: list[Any]) -> Any:
    return _joined(tantivy.Occur.Should, queries)


def _all(queries: list[Any]) -> Any:
    return _joined(tantivy.Occur.Must, queries)


def _joined(occur: Any, queries: list[Any]) -> Any:
    return queries[0] if len(queries) == 1 else tantivy.Query.boolean_query([(occur, query) for query in queries])


def _with(scoring: Any, bonus: list[Any]) -> Any:
    """What counts besides."""
    if not bonus:
        return scoring
    return tantivy.Query.boolean_query([(tantivy.Occur.Must, scoring), *((tantivy.Occur.Should, it) for it in bonus)])
