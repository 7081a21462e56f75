"""How many of the matches have which property, counted by tantivy.

A column for each property would be counted one by one, and those of which a plugin has several slowly. So all of its
categories are one value of one column, and all else of another: there are few different ones, and what tantivy counted
of each is taken apart here. Each value is a number, for texts take tantivy three times as long.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from heapq import nlargest
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from automatosx_nb.model.names import publisher_of
from automatosx_nb.registry.search import filters

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from automatosx_nb.model.release import PluginSummary

MAX_PUBLISHERS = 20
"""Those with the most matches: a list of thousands helps nobody. Which ones of those that have as many as the last is
tantivy's choice, and may be others in another process: to count all 3,000 of 20,000 plugins took 1.2 ms, these
20 take 0.14."""
NAMES = ("category", "publisher", "verified", "permission", "risk", "stage", "signed")
_MOST = 50_000
"""Different values that are counted; tantivy refuses more than 65,000."""


_ASKED = {
    "categories": {"terms": {"field": "categories", "size": _MOST, "segment_size": _MOST}},
    "traits": {"terms": {"field": "traits", "size": _MOST, "segment_size": _MOST}},
    "publisher_is": {"terms": {"field": "publisher_is", "size": MAX_PUBLISHERS, "segment_size": 500}},
}


class Counted(NamedTuple):
    total: int
    facets: Mapping[str, Mapping[str, int]]


class Values(NamedTuple):
    """Column → the number of this plugin's value."""

    categories: int
    traits: int
    publisher_is: int


Pair = tuple[str, str]
"""A facet's name and one of its values."""
N = TypeVar("N", bound=Hashable)


class _Numbers(Generic[N]):
    """Each thing has a number for as long as this lives, from 0."""

    def __init__(self) -> None:
        self.things: list[N] = []
        self._numbers: dict[N, int] = {}

    def of(self, thing: N) -> int:
        number = self._numbers.setdefault(thing, len(self.things))
        if number == len(self.things):
            self.things.append(thing)
        return number


class Facets:
    """Of one index: every value of a column has a number for as long as that lives."""

    def __init__(self) -> None:
        self._publishers: _Numbers[str] = _Numbers()
        self._pairs: _Numbers[Pair] = _Numbers()
        self._sets: _Numbers[tuple[int, ...]] = _Numbers()
        """Of numbers of pairs; the values of the columns of categories and traits."""
        self._ordered: list[int] = []

    def values(self, summary: PluginSummary) -> Values:
        """For one thread at a time."""
        pairs = [(name, value) for name, equal, value in map(_parted, filters.tokens(summary)) if equal]
        categories = [pair for pair in pairs if pair[0] == "category"]
        traits = [pair for pair in pairs if pair[0] in NAMES and pair[0] not in ("category", "publisher")]
        return Values(self._set(categories), self._set(traits), self._publishers.of(publisher_of(summary.id)))

    def count(self, searcher: Any, query: Any) -> Counted:
        """By tantivy, however many match."""
        found = searcher.aggregate(query, _ASKED)
        columns = ({int(each["key"]): each["doc_count"] for each in found[it]["buckets"]} for it in Values._fields)
        return self._counted(*columns)

    def tally(self, searcher: Any, addresses: list[Any]) -> Counted:
        """Of matches that are few, which is sooner done here."""
        return self._counted(*(Counter(searcher.fast_field_values(column, addresses)) for column in Values._fields))

    def _counted(
        self, categories: Mapping[int, int], traits: Mapping[int, int], publishers: Mapping[int, int]
    ) -> Counted:
        sets, pairs = self._sets.things, self._pairs.things
        order = self._order()
        counts = [0] * len(order)
        for number, matches in (*categories.items(), *traits.items()):
            for pair in sets[number]:
                counts[pair] += matches
        facets: dict[str, dict[str, int]] = {name: {} for name in NAMES}
        for pair in sorted(filter(counts.__getitem__, order), key=counts.__getitem__, reverse=True):
            name, value = pairs[pair]
            facets[name][value] = counts[pair]
        facets["publisher"] = self._most(publishers)
        return Counted(sum(traits.values()), facets)

    def _order(self) -> list[int]:
        """The numbers of all pairs, in the order of what they stand for: so those of which as many match stay."""
        pairs, order = self._pairs.things, self._ordered
        if len(order) < len(pairs):
            order = self._ordered = sorted(range(len(pairs)), key=pairs.__getitem__)
        return order

    def _most(self, publishers: Mapping[int, int]) -> dict[str, int]:
        least = min(nlargest(MAX_PUBLISHERS, publishers.values()), default=0)
        names = self._publishers.things
        named = sorted((-matches, names[number]) for number, matches in publishers.items() if matches >= least)
        return {name: -matches for matches, name in named[:MAX_PUBLISHERS]}

    def _set(self, pairs: Iterable[Pair]) -> int:
        return self._sets.of(tuple(sorted(map(self._pairs.of, set(pairs)))))


def _parted(token: str) -> tuple[str, str, str]:
    return token.partition("=")
