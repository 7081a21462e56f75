"""How many of the matches have which property, counted by tantivy.

A column for each property would be counted one by one, and those of which a plugin has several slowly. So all of its
categories are one value of one column, and all else of another: there are few different ones, and what tantivy counted
of each is taken apart here. Each value is a number, for texts take tantivy three times as long.
"""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from automatosx_nb.model.names import publisher_of
from automatosx_nb.registry.search import filters

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from automatosx_nb.model.release import PluginSummary

MAX_PUBLISHERS = 20
"""Those with the most matches: a list of thousands helps nobody."""
NAMES = ("category", "publisher", "verified", "permission", "risk", "stage", "signed")
_MOST = 50_000
"""Different values that are counted; tantivy refuses more than 65,000."""


_ASKED = {
    "categories": {"terms": {"field": "categories", "size": _MOST, "segment_size": _MOST}},
    "traits": {"terms": {"field": "traits", "size": _MOST, "segment_size": _MOST}},
    "publisher_is": {"terms": {"field": "publisher_is", "size": MAX_PUBLISHERS, "segment_size": 2000}},
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


class Facets:
    """Of one index: every value of a column has a number for as long as that lives."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[Pair, ...], int] = {}
        self._pairs: list[tuple[Pair, ...]] = []

    def values(self, summary: PluginSummary) -> Values:
        """For one thread at a time."""
        pairs = [(name, value) for name, equal, value in map(_parted, filters.tokens(summary)) if equal]
        categories = [pair for pair in pairs if pair[0] == "category"]
        traits = [pair for pair in pairs if pair[0] in NAMES and pair[0] not in ("category", "publisher")]
        return Values(*map(self._number, (categories, traits, [("publisher", publisher_of(summary.id))])))

    def count(self, searcher: Any, query: Any) -> Counted:
        """By tantivy, however many match."""
        found = searcher.aggregate(query, _ASKED)
        columns = ({int(each["key"]): each["doc_count"] for each in found[it]["buckets"]} for it in Values._fields)
        return self._counted(*columns)

    def tally(self, matches: Iterable[Values]) -> Counted:
        """Of matches that are few."""
        columns = list(zip(*matches, strict=True)) or [(), (), ()]
        return self._counted(*map(Counter, columns))

    def _counted(self, *columns: Mapping[int, int]) -> Counted:
        counts: dict[str, dict[str, int]] = {name: {} for name in NAMES}
        for column in columns:
            for number, matches in column.items():
                for name, value in self._pairs[number]:
                    of_name = counts[name]
                    of_name[value] = of_name.get(value, 0) + matches
        facets = {name: _sorted(counts[name]) for name in NAMES}
        most = islice(facets["publisher"].items(), MAX_PUBLISHERS)
        return Counted(sum(columns[1].values()), facets | {"publisher": dict(most)})

    def _number(self, pairs: Iterable[Pair]) -> int:
        key = tuple(sorted(set(pairs)))
        number = self._numbers.setdefault(key, len(self._pairs))
        if number == len(self._pairs):
            self._pairs.append(key)
        return number


def _parted(token: str) -> tuple[str, str, str]:
    return token.partition("=")


def _sorted(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
