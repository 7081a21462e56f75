from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from automatosx_nb.errors import InvalidSearch
from automatosx_nb.model.release import PluginSummary, SearchQuery, Stage
from automatosx_nb.model.surroundings import Surroundings
from automatosx_nb.registry.search import Entry, SearchIndex
from automatosx_nb.registry.search.facets import MAX_PUBLISHERS
from tests.registry.test_search import ids, index_of, summary

PLAIN = summary("acme.plain", "A table.")
PLUGINS = (
    PLAIN,
    replace(PLAIN, id="acme.net", permissions={"network:a.example.org": "Asks.", "storage": "Keeps."}, signed=True),
    replace(PLAIN, id="acme.all", permissions={"variables:read": "Reads."}, stage=Stage.BETA),
    replace(PLAIN, id="nordic.old", engine="^0.9", python="<3.11", platforms=("windows",)),
    replace(PLAIN, id="nordic.frames", engine="^1.0", python=">=3.11", packages=("pandas>=2", "pyarrow")),
    replace(PLAIN, id="nordic.strange", permissions={"teleport:mars": "Goes."}),
)
HERE = "automatosx==1.0.0,python==3.12.4,platform==linux"


@pytest.fixture(scope="module")
def index() -> SearchIndex:
    return index_of(*PLUGINS)


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"permission": "network"}, {"acme.net"}),
        ({"permission": "none"}, {"acme.plain", "nordic.old", "nordic.frames"}),
        ({"risk": "none"}, {"acme.plain", "nordic.old", "nordic.frames"}),
        ({"risk": "high"}, {"acme.all", "nordic.strange"}),
        ({"risk": "medium"}, {"acme.net"}),
        ({"stage": "beta"}, {"acme.all"}),
        ({"signed": True}, {"acme.net"}),
        ({"signed": False, "publisher": "acme"}, {"acme.plain", "acme.all"}),
    ],
)
def test_each_filter_narrows_with_a_text_and_without(
    index: SearchIndex, filters: dict[str, Any], found: set[str]
) -> None:
    for text in ("", "table"):
        page = index.search(SearchQuery(text, **filters))
        assert set(ids(page)) == found
        assert page.total == len(found)


@pytest.mark.parametrize(
    ("here", "left_out"),
    [
        ("", set()),
        (HERE, {"nordic.old"}),
        ("python==3.10.2", {"nordic.frames"}),
        ("platform==linux", {"nordic.old"}),
        (HERE + ",pandas==2.2.3,pyarrow==17.0.0", {"nordic.old"}),
        (HERE + ",pandas==1.5,pyarrow==17.0.0", {"nordic.old", "nordic.frames"}),
        (HERE + ",pandas==2.2.3", {"nordic.old", "nordic.frames"}),
    ],
)
def test_what_does_not_run_in_an_environment_is_left_out(index: SearchIndex, here: str, left_out: set[str]) -> None:
    page = index.search(SearchQuery("table", compatible=Surroundings.parse(here)))
    assert {plugin.id for plugin in PLUGINS} - set(ids(page)) == left_out


def test_an_environment_is_asked_again_when_a_plugin_needs_something_new() -> None:
    index = index_of(*PLUGINS)
    query = SearchQuery(compatible=Surroundings.parse(HERE))
    assert index.search(query).total == len(PLUGINS) - 1
    index.update([Entry(replace(PLAIN, python=">=3.13"), "", 9)], revision=9)
    assert index.search(query).total == len(PLUGINS) - 2
    index.update([Entry(PLAIN, "", 10)], revision=10)
    assert index.search(query).total == len(PLUGINS) - 1


def test_facets_say_how_many_a_filter_would_leave(index: SearchIndex) -> None:
    facets = index.search(SearchQuery("table")).facets
    for name in ("permission", "risk", "stage"):
        for value, number in facets[name].items():
            if value != "teleport":
                assert index.search(SearchQuery("table", **{name: value})).total == number  # type: ignore[arg-type]
    for flag in ("verified", "signed"):
        for value, number in facets[flag].items():
            assert index.search(SearchQuery("table", **{flag: value == "true"})).total == number  # type: ignore[arg-type]
    assert facets["permission"] == {"none": 3, "network": 1, "storage": 1, "teleport": 1, "variables": 1}
    assert list(facets["risk"].items()) == [("none", 3), ("high", 2), ("medium", 1)]


def test_of_very_many_publishers_the_facets_have_those_with_the_most() -> None:
    lone = [replace(PLAIN, id=f"p{number}.only") for number in range(MAX_PUBLISHERS + 5)]
    page = index_of(*lone, replace(PLAIN, id="acme.a"), replace(PLAIN, id="acme.b")).search(SearchQuery(size=1))
    assert page.total == MAX_PUBLISHERS + 7
    assert len(page.facets["publisher"]) == MAX_PUBLISHERS
    assert next(iter(page.facets["publisher"].items())) == ("acme", 2)


@pytest.mark.parametrize("filters", [{"permission": "teleport"}, {"risk": "great"}, {"stage": "draft"}])
def test_a_filter_that_is_none_says_which_there_are(index: SearchIndex, filters: dict[str, Any]) -> None:
    with pytest.raises(InvalidSearch) as caught:
        index.search(SearchQuery(**filters))
    assert caught.value.part in filters
    assert caught.value.valid in str(caught.value)


def test_a_filter_never_finds_what_is_not_found_without_it() -> None:
    """'some of the words' is tried only where few have every word, whatever a filter leaves of that."""
    both = [summary(f"acme.both-{letter}", "A table and a heatmap.") for letter in "abcde"]
    index = index_of(*PLUGINS, *both)
    assert index.search(SearchQuery("table heatmap")).total == len(both)
    assert ids(index.search(SearchQuery("table heatmap", publisher="nordic"))) == []


def test_where_few_have_every_word_those_with_some_come_after_them() -> None:
    index = index_of(*PLUGINS, summary("acme.both", "A heatmap of a table."))
    found = ids(index.search(SearchQuery("table heatmap")))
    assert found[0] == "acme.both"
    assert set(found) == {"acme.both", *(plugin.id for plugin in PLUGINS)}


def test_a_word_is_found_by_another_that_means_the_same_and_after_itself() -> None:
    index = index_of(summary("acme.a", "Draws charts."), summary("acme.b", "Draws plots."), summary("acme.c", "Sings."))
    assert ids(index.search(SearchQuery("chart"))) == ["acme.a", "acme.b"]
    assert ids(index.search(SearchQuery("plotting"))) == ["acme.b", "acme.a"]


def rated(plugin: str, rating: float, ratings: int) -> PluginSummary:
    return replace(summary(plugin, "table", keywords="table"), rating=rating, ratings=ratings)


def first_of(*plugins: PluginSummary, **query: Any) -> str:
    return ids(index_of(*plugins).search(SearchQuery("table", **query)))[0]


def test_few_ratings_count_little() -> None:
    one, many = rated("acme.one", 5.0, 1), rated("acme.many", 4.7, 200)
    assert first_of(one, many) == "acme.many"
    assert first_of(rated("acme.bad", 1.0, 1), summary("acme.none", "table", keywords="table")) == "acme.none"
    assert first_of(one, many, sort="rating") == "acme.many"
    unrated = summary("acme.none", "table", keywords="table")
    assert first_of(unrated, rated("acme.bad", 1.0, 1), sort="rating") == "acme.bad", "what nobody rated comes last"


def test_the_deprecated_come_after_what_matches_less() -> None:
    old = replace(summary("acme.sheets", keywords="table", downloads=90_000), deprecated="Use another one.")
    assert first_of(old, summary("acme.other", "Reads a table.")) == "acme.other"


@pytest.mark.parametrize(
    "better",
    [{"verified": True}, {"signed": True}, {"downloads": 5_000}, {"updated": "2027-01-01T00:00:00Z"}],
)
def test_of_two_that_say_the_same_the_better_one_comes_first(better: dict[str, Any]) -> None:
    plain = summary("acme.a", "table", keywords="table")
    assert first_of(plain, replace(plain, id="acme.b", **better)) == "acme.b"
    assert first_of(replace(plain, **better), replace(plain, id="acme.b")) == "acme.a"


def test_documentation_that_was_executed_counts() -> None:
    index = SearchIndex()
    plain = summary("acme.a", "table", keywords="table")
    index.update([Entry(plain, "", 1), Entry(replace(plain, id="acme.b"), "", 2, documented=True)], revision=2)
    assert ids(index.search(SearchQuery("table"))) == ["acme.b", "acme.a"]


@pytest.mark.parametrize("sort", ["relevance", "downloads", "rating", "updated", "name"])
@pytest.mark.parametrize("text", ["", "table"])
def test_hundreds_that_are_the_same_come_once_each_in_pages(sort: Any, text: str) -> None:
    """Of which many share one rank, so a page's end cuts through them."""
    index = index_of(*(summary(f"acme{number % 7}.table", "table") for number in range(7)))
    same = [summary(f"a{number}.tables", "table") for number in range(300)]
    index.update([Entry(one, "", 5) for one in same], revision=10)
    paged: list[str] = []
    query: SearchQuery | None = SearchQuery(text, sort=sort, size=60)
    while query is not None:
        page = index.search(query)
        paged += ids(page)
        query = replace(query, cursor=page.next) if page.next else None
    assert len(paged) == len(set(paged)) == 307


def test_an_update_forgets_what_it_replaced() -> None:
    index = index_of(*PLUGINS)
    for revision in range(20, 60):
        index.update([Entry(one, "", revision) for one in PLUGINS], revision=revision)
    assert len(index._shown) == len(PLUGINS)


def test_downloads_are_shown_at_once_and_sorted_by_when_the_plugin_is_put_again() -> None:
    counted = Counter[str]()
    index = index_of(*PLUGINS, counted=counted.__getitem__)
    counted["nordic.old"] += 3
    assert index.is_behind("nordic.old", 3)
    shown = {each.id: each.downloads for each in index.search(SearchQuery()).items}
    assert shown["nordic.old"] == 3
    index.update([Entry(replace(PLUGINS[3], downloads=3), "", 4, counted=3)], revision=7)
    assert not index.is_behind("nordic.old", 3)
    assert index.search(SearchQuery("old")).items[0].downloads == 3
    assert index.search(SearchQuery(sort="downloads")).items[0].id == "nordic.old"


_SPREAD: tuple[dict[str, Any], ...] = (
    {"text": "A table."},
    {"text": "Nothing.", "keywords": "tables"},
    {"text": "Graphs.", "category": "visualization"},
    {"text": "A sound plot.", "keywords": "plot"},
    {"text": "Nothing."},
)


@pytest.fixture(scope="module")
def many() -> SearchIndex:
    """More of each than are counted one by one; of the last ones, only the README has words of a search."""
    index = SearchIndex()
    spread = [summary(f"acme{n % 7}.{'sound' if n % 2 else 'x'}box-{n}", **_SPREAD[n % 5]) for n in range(1100)]
    index.update([Entry(each, "Histogram." * (n % 5 == 4), n) for n, each in enumerate(spread, 1)], revision=1100)
    return index


@pytest.mark.parametrize("filters", [{}, {"category": "testing"}], ids=["all", "filtered"])
@pytest.mark.parametrize(
    "text",
    ["table", "tab", "tabel", "chart", "histogram", "sound box", "soundb", "soundbux", "acme3", "table zyxw", "zyxw"],
)
def test_as_many_are_counted_as_are_found(many: SearchIndex, text: str, filters: dict[str, Any]) -> None:
    page = many.search(SearchQuery(text, size=100, **filters))
    total, facets, found = page.total, page.facets, list(page.items)
    while page.next:
        page = many.search(SearchQuery(text, size=100, cursor=page.next, **filters))
        found += page.items
    assert len(found) == total
    assert total == 0 if text == "zyxw" else total > 100
    for facet, of in (("category", lambda it: it.categories[0]), ("publisher", lambda it: it.id.partition(".")[0])):
        assert facets[facet] == Counter(map(of, found))
