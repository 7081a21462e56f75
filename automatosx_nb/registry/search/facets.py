"""How many of the matches have which property, counted by tantivy.

A property of its own column each would be counted one by one. So all that a plugin has of them is one value of one
column: there are few different ones, and what tantivy counted of each is taken apart here.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from automatosx_nb.model.names import publisher_of
from automatosx_nb.registry.search import filters

if TYPE_CHECKING:
    from collections.abc import Mapping

    from automatosx_nb.model.release import PluginSummary

FIELDS = ("traits", "publisher_is")
MAX_PUBLISHERS = 20
"""Those with the most matches: a list of thousands helps nobody."""
NAMES = ("category", "publisher", "verified", "permission", "risk", "stage", "signed")
_MOST = 50_000
"""Different values that are counted; tantivy refuses more than 65,000."""


class Counted(NamedTuple):
    total: int
    facets: Mapping[str, Mapping[str, int]]


def values(summary: PluginSummary) -> dict[str, str]:
    """Column → this plugin's value."""
    traits: dict[str, list[str]] = {}
    for token in filters.tokens(summary):
        name, equal, value = token.partition("=")
        if equal and name in NAMES and name != "publisher":
            traits.setdefault(name, []).append(value)
    pairs = [[name, each] for name, found in sorted(traits.items()) for each in sorted(set(found))]
    return {"traits": msgspec.json.encode(pairs).decode(), "publisher_is": publisher_of(summary.id)}


def count(searcher: Any, query: Any) -> Counted:
    found = searcher.aggregate(
        query,
        {
            "traits": {"terms": {"field": "traits", "size": _MOST, "segment_size": _MOST}},
            "publisher": {"terms": {"field": "publisher_is", "size": MAX_PUBLISHERS, "segment_size": 2000}},
        },
    )
    counts: dict[str, Counter[str]] = {name: Counter() for name in NAMES}
    buckets = found["traits"]["buckets"]
    for bucket in buckets:
        for name, value in _pairs(bucket["key"]):
            counts[name][value] += bucket["doc_count"]
    for bucket in found["publisher"]["buckets"]:
        counts["publisher"][bucket["key"]] = bucket["doc_count"]
    total = sum(bucket["doc_count"] for bucket in buckets) + found["traits"]["sum_other_doc_count"]
    return Counted(total, {name: _sorted(counts[name]) for name in NAMES})


def _sorted(counter: Counter[str]) -> dict[str, int]:
    return dict(sorted(counter.items(), key=lambda item: (-item[1], item[0])))


@lru_cache(maxsize=_MOST)
def _pairs(text: str) -> list[tuple[str, str]]:
    return msgspec.json.decode(text, type=list[tuple[str, str]])
