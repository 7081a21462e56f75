"""How many of the matches have which property, counted by tantivy.

A column for each property would be counted one by one, and those of which a plugin has several slowly. So all of its
categories are one value of one column, and all else of another: there are few different ones, and what tantivy counted
of each is taken apart here.
"""

from __future__ import annotations

import sys
from collections import Counter
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

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
    """Column → this plugin's value."""

    categories: str
    traits: str
    publisher_is: str


def values(summary: PluginSummary) -> Values:
    traits: dict[str, list[str]] = {}
    for token in filters.tokens(summary):
        name, equal, value = token.partition("=")
        if equal and name in NAMES and name != "publisher":
            traits.setdefault(name, []).append(value)
    categories = {"category": traits.pop("category", [])}
    return Values(_one(categories), _one(traits), publisher_of(summary.id))


def count(searcher: Any, query: Any) -> Counted:
    """By tantivy, however many match."""
    found = searcher.aggregate(query, _ASKED)
    columns = ({each["key"]: each["doc_count"] for each in found[column]["buckets"]} for column in Values._fields)
    return _counted(*columns)


def tally(matches: Iterable[Values]) -> Counted:
    """Of matches that are few."""
    columns = list(zip(*matches, strict=True)) or [(), (), ()]
    return _counted(*map(Counter, columns))


def _counted(categories: Mapping[str, int], traits: Mapping[str, int], publishers: Mapping[str, int]) -> Counted:
    counts: dict[str, Counter[str]] = {name: Counter() for name in NAMES}
    for values, number in (*categories.items(), *traits.items()):
        for name, value in _pairs(values):
            counts[name][value] += number
    facets = {name: _sorted(counts[name]) for name in NAMES}
    most = islice(_sorted(publishers).items(), MAX_PUBLISHERS)
    return Counted(sum(traits.values()), facets | {"publisher": dict(most)})


def _one(traits: Mapping[str, list[str]]) -> str:
    pairs = [[name, each] for name, found in sorted(traits.items()) for each in sorted(set(found))]
    return sys.intern(msgspec.json.encode(pairs).decode())


def _sorted(counter: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counter.items(), key=lambda item: (-item[1], item[0])))


@lru_cache(maxsize=_MOST)
def _pairs(text: str) -> list[tuple[str, str]]:
    return msgspec.json.decode(text, type=list[tuple[str, str]])
