"""Searches over plugins made at random, held against a reading of each plugin's tokens one by one."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from automatosx_nb.model.release import PluginSummary, SearchQuery, Stage
from automatosx_nb.model.surroundings import Surroundings
from automatosx_nb.registry.search import Entry, SearchIndex, facets, filters
from tests.registry.test_search import ids, summary

WORDS = ["table", "chart", "profile", "csv", "join", "geo", "plot", "clean", "frame", "schema"]
ASKED = ("network:a.example.org", "storage", "variables:read", "modules:pandas", "teleport:mars")
CATEGORIES = ("data-quality", "visualization", "productivity")
ENVIRONMENTS = ("automatosx==1.0.0,python==3.12.4,platform==linux", "python==3.10.1", "pandas==1.0,platform==windows")
CHOICES: Mapping[str, tuple[Any, ...]] = {
    "category": CATEGORIES,
    "publisher": ("acme", "nordic", "p3", "nobody"),
    "permission": ("network", "none", "storage", "variables"),
    "risk": filters.RISKS,
    "stage": filters.STAGES,
    "verified": (True, False),
    "signed": (True, False),
    "compatible": tuple(map(Surroundings.parse, ENVIRONMENTS)),
}
SORTS = ("relevance", "downloads", "rating", "updated", "name")


class Shop:
    """An index, and what is in it."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.index = SearchIndex()
        self.there: dict[str, PluginSummary] = {}
        self.revision = 0

    def add(self, number: int, *, remove: int = 0) -> set[str]:
        gone = self.chance.sample(sorted(self.there), remove)
        self.revision += 1
        new = [self._plugin(f"{self.revision}-{each}") for each in range(number)]
        for plugin in gone:
            del self.there[plugin]
        self.there |= {each.id: each for each in new}
        order = self.revision * 1000
        entries = [Entry(each, "", order + n) for n, each in enumerate(new)]
        self.index.update(entries, removed=gone, revision=self.revision)
        return {each.id for each in new}

    def query(self) -> SearchQuery:
        pick = self.chance.choice
        narrowed = {name: pick(values) for name, values in CHOICES.items() if self.chance.random() < 0.2}
        sort: Any = pick(SORTS)
        return SearchQuery(pick(("", pick(WORDS))), sort=sort, size=pick((1, 7, 24)), **narrowed)

    def pages(self, query: SearchQuery, *, arriving: bool = False) -> tuple[list[str], set[str]]:
        """Every hit in order, and what arrived between the pages."""
        found, new, cursor = [], set[str](), None
        while True:
            page = self.index.search(replace(query, cursor=cursor))
            found += ids(page)
            if page.next is None:
                return found, new
            cursor = page.next
            if arriving and len(new) < 6:
                new |= self.add(2)

    def matching(self, query: SearchQuery) -> list[PluginSummary]:
        """What a filter leaves of what the words alone find."""
        words, _ = self.pages(SearchQuery(query.text, size=100))
        return [self.there[plugin] for plugin in words if _fits(self.there[plugin], query)]

    def _plugin(self, name: str) -> PluginSummary:
        chance, pick = self.chance, self.chance.choice
        publisher = pick(("acme", "nordic", f"p{chance.randrange(6)}"))
        return replace(
            summary(f"{publisher}.{pick(WORDS)}-{name}", " ".join(chance.choices(WORDS, k=4))),
            categories=tuple(chance.sample(CATEGORIES, chance.randrange(3))),
            verified=pick((True, False)),
            signed=pick((True, False)),
            stage=pick((Stage.STABLE, Stage.STABLE, Stage.BETA)),
            permissions=dict.fromkeys(chance.sample(ASKED, chance.randrange(4)), "Why."),
            downloads=pick((0, 5, chance.randrange(10**6))),
            rating=pick((None, 3.5, 5.0)),
            ratings=chance.randrange(1, 9),
            engine=pick(("", "^1.0", "^0.9")),
            python=pick(("", ">=3.11", "<3.11")),
            platforms=pick(((), ("linux",), ("windows", "macos"))),
            packages=pick(((), ("pandas>=2",))),
            deprecated=pick((None, None, "Old.")),
        )


def _fits(plugin: PluginSummary, query: SearchQuery) -> bool:
    tokens, here = {*filters.tokens(plugin)}, query.compatible
    for name in facets.NAMES:
        value = getattr(query, name)
        if value is not None and f"{name}={str(value).lower() if isinstance(value, bool) else value}" not in tokens:
            return False
    return here is None or (
        (not plugin.engine or here.has_engine(plugin.engine))
        and (not plugin.python or here.has_python(plugin.python))
        and (not plugin.platforms or here.is_platform(plugin.platforms))
        and all(map(here.has_package, plugin.packages))
    )


def _tallied(plugins: Iterable[PluginSummary]) -> dict[str, dict[str, int]]:
    counts: dict[str, Counter[str]] = {name: Counter() for name in facets.NAMES}
    for name, equal, value in (token.partition("=") for each in plugins for token in filters.tokens(each)):
        if equal and name in counts:
            counts[name][value] += 1
    return {name: dict(values) for name, values in counts.items()}


@pytest.fixture(scope="module", params=range(2))
def shop(request: pytest.FixtureRequest) -> Shop:
    """Of several commits, from some of which plugins are gone."""
    made = Shop(random.Random(request.param))
    for removed in (0, 9, 9):
        made.add(100, remove=removed)
    return made


def test_totals_and_facets_are_those_of_the_plugins_that_match(shop: Shop) -> None:
    for _ in range(40):
        query = shop.query()
        page, matching = shop.index.search(query), shop.matching(query)
        assert page.total == len(matching), query
        assert page.facets == _tallied(matching), query


def test_pages_have_each_match_once_in_order_whatever_arrives_between_them(shop: Shop) -> None:
    for _ in range(8):
        query = replace(shop.query(), size=5)
        matching = {each.id for each in shop.matching(query)}
        before, _ = shop.pages(replace(query, size=100))
        assert (len(before), {*before}) == (len(matching), matching), query
        found, new = shop.pages(query, arriving=True)
        assert len(found) == len({*found}), query
        assert [plugin for plugin in found if plugin not in new] == before, query
