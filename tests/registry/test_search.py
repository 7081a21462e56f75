from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automatosx_nb.errors import InvalidSearch
from automatosx_nb.model.release import PluginSummary, SearchPage, SearchQuery
from automatosx_nb.registry.search import Entry, SearchIndex


def summary(
    plugin: str, text: str = "", *, keywords: str = "", category: str = "testing", downloads: int = 0
) -> PluginSummary:
    return PluginSummary(
        id=plugin,
        version="1.0.0",
        summary=text,
        categories=(category,),
        keywords=tuple(keywords.split()),
        license="MIT",
        verified=plugin.startswith("automatosx."),
        downloads=downloads,
        permissions={},
        updated="2026-01-01T00:00:00Z",
    )


PLUGINS = (
    summary(
        "automatosx.data-profiler",
        "Shows what is in a table: types, missing values, distributions, outliers, correlations.",
        keywords="profile eda quality",
        category="data-quality",
        downloads=40,
    ),
    summary(
        "automatosx.cell-ledger",
        "Keeps how long every cell took, across restarts.",
        keywords="timing performance history",
        category="performance",
        downloads=9,
    ),
    summary(
        "acme.csv-doctor",
        "Finds what is wrong with a table before your model does.",
        keywords="csv pandas",
        category="data-quality",
        downloads=20,
    ),
    summary("acme.geo-join", "Joins tables by where things are.", keywords="spatial geospatial", category="geospatial"),
    summary(
        "nordic.correlation-plots",
        "Draws correlation matrices.",
        keywords="plot heatmap",
        category="visualization",
        downloads=300,
    ),
    summary("nordic.cafe-style", "Café colours for every figure.", keywords="style", category="visualization"),
)
READMES = {
    "acme.geo-join": "Unlike a profiler, this plugin does not profile anything.",
    "nordic.correlation-plots": "Handles missing values.",
}


def index_of(*summaries: PluginSummary, counted: Callable[[str], int] = lambda _: 0) -> SearchIndex:
    index = SearchIndex(counted)
    entries = [Entry(one, READMES.get(one.id, ""), number) for number, one in enumerate(summaries, 1)]
    index.update(entries, revision=len(entries))
    return index


@pytest.fixture(scope="module")
def index() -> SearchIndex:
    return index_of(*PLUGINS)


def ids(page: SearchPage) -> list[str]:
    return [item.id for item in page.items]


JUDGED = json.loads((Path(__file__).parent / "relevance.json").read_text("utf-8"))


@pytest.mark.parametrize("judged", JUDGED, ids=[one["query"] for one in JUDGED])
def test_the_plugin_that_was_meant_comes_first(index: SearchIndex, judged: dict[str, Any]) -> None:
    found = ids(index.search(SearchQuery(judged["query"])))
    if "first" in judged:
        assert found[0] == judged["first"]
    elif "among" in judged:
        assert set(judged["among"]) <= set(found[: len(judged["among"]) + 1])
    else:
        assert found == []


def test_every_beginning_of_a_name_finds_it_as_it_is_typed(index: SearchIndex) -> None:
    for length in range(3, len("data-profiler") + 1):
        typed = "data-profiler"[:length]
        assert ids(index.search(SearchQuery(typed)))[0] == "automatosx.data-profiler", typed


def test_the_empty_text_finds_everything_the_best_first(index: SearchIndex) -> None:
    page = index.search(SearchQuery("  "))
    assert page.total == len(PLUGINS)
    assert ids(page)[:3] == ["automatosx.data-profiler", "automatosx.cell-ledger", "nordic.correlation-plots"]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"category": "data-quality"}, {"automatosx.data-profiler", "acme.csv-doctor"}),
        ({"publisher": "acme"}, {"acme.csv-doctor", "acme.geo-join"}),
        ({"verified": True}, {"automatosx.data-profiler", "automatosx.cell-ledger"}),
        ({"verified": False, "category": "data-quality"}, {"acme.csv-doctor"}),
        ({"category": "nothing"}, set()),
    ],
)
def test_filters_narrow_what_is_found(index: SearchIndex, filters: dict[str, Any], found: set[str]) -> None:
    page = index.search(SearchQuery(**filters))
    assert set(ids(page)) == found
    assert page.total == len(found)


def test_facets_count_all_matches_not_only_the_page(index: SearchIndex) -> None:
    page = index.search(SearchQuery(size=1))
    assert page.facets["category"] == {
        "data-quality": 2,
        "visualization": 2,
        "performance": 1,
        "geospatial": 1,
    }
    assert page.facets["publisher"] == {"automatosx": 2, "acme": 2, "nordic": 2}
    assert page.facets["verified"] == {"false": 4, "true": 2}


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        ("downloads", ["nordic.correlation-plots", "automatosx.data-profiler"]),
        ("updated", ["nordic.cafe-style", "nordic.correlation-plots"]),
        ("name", ["nordic.cafe-style", "automatosx.cell-ledger"]),
    ],
)
def test_results_are_sorted_as_asked(index: SearchIndex, sort: Any, first: list[str]) -> None:
    assert ids(index.search(SearchQuery(sort=sort)))[:2] == first


@pytest.mark.parametrize("sort", ["relevance", "downloads", "updated", "name"])
@pytest.mark.parametrize("size", [1, 2, 4, 6])
def test_pages_together_are_everything_once_in_order(index: SearchIndex, sort: Any, size: int) -> None:
    whole = ids(index.search(SearchQuery(sort=sort, size=100)))
    paged, cursor = [], None
    while True:
        page = index.search(SearchQuery(sort=sort, size=size, cursor=cursor))
        paged += ids(page)
        cursor = page.next
        if cursor is None:
            break
    assert paged == whole


@pytest.mark.parametrize("sort", ["relevance", "name", "updated"])
def test_a_release_that_arrives_between_two_pages_moves_nothing(sort: Any) -> None:
    index = index_of(*PLUGINS)
    query = SearchQuery("table", sort=sort, size=1)
    whole = ids(index.search(replace(query, size=100)))
    first = index.search(query)
    newcomers = [summary(f"new.table-{letter}", "A table of tables.", keywords="table") for letter in "abc"]
    index.update([Entry(one, "table " * 50, 90 + n) for n, one in enumerate(newcomers)], revision=9)
    rest = index.search(replace(query, size=100, cursor=first.next))
    assert [plugin for plugin in ids(first) + ids(rest) if not plugin.startswith("new.")] == whole


def test_a_word_that_was_typed_before_an_update_is_looked_up_anew_after_it(index: SearchIndex) -> None:
    assert index.search(SearchQuery("oscilloscope")).total == 0
    added = [summary("acme.scope", "An oscilloscope for data."), summary("acme.lost", "Data, once more.")]
    index.update([Entry(each, "", 90 + n) for n, each in enumerate(added)], revision=91)
    assert [each.id for each in index.search(SearchQuery("oscilloscope")).items] == ["acme.scope"]
    index.update([], removed=["acme.scope"], revision=92)
    assert index.search(SearchQuery("oscilloscope")).total == 0


def test_words_are_looked_up_the_same_whichever_of_them_was_typed_last_before(index: SearchIndex) -> None:
    anew = {text: index_of(*PLUGINS).search(SearchQuery(text)) for text in ("profil", "profil table", "table profil")}
    for text in (*anew, *reversed(anew)):
        assert index.search(SearchQuery(text)) == anew[text], text


def test_an_update_replaces_a_plugin_and_a_removed_one_is_gone() -> None:
    index = index_of(*PLUGINS)
    changed = replace(PLUGINS[2], keywords=("parquet",), summary="Reads files.")
    index.update([Entry(changed, "", 50)], removed=["acme.geo-join"], revision=51)
    assert index.revision == 51
    assert ids(index.search(SearchQuery("parquet"))) == ["acme.csv-doctor"]
    assert index.search(SearchQuery("pandas")).total == 0
    assert index.search(SearchQuery("geo")).total == 0
    assert index.search(SearchQuery()).total == len(PLUGINS) - 1


@pytest.mark.parametrize(
    ("query", "part"),
    [
        (SearchQuery(size=0), "size"),
        (SearchQuery(size=101), "size"),
        (SearchQuery("x" * 257), "text"),
        (SearchQuery(sort="stars"), "sort"),  # type: ignore[arg-type]
        (SearchQuery(cursor="nonsense"), "cursor"),
        (SearchQuery(cursor="é"), "cursor"),
        (SearchQuery(cursor=""), "cursor"),
        (SearchQuery(cursor="W10"), "cursor"),
    ],
)
def test_what_is_no_search_says_what_would_be(index: SearchIndex, query: SearchQuery, part: str) -> None:
    with pytest.raises(InvalidSearch) as caught:
        index.search(query)
    assert caught.value.part == part
    assert caught.value.valid in str(caught.value)


def test_a_cursor_of_another_search_is_refused(index: SearchIndex) -> None:
    cursor = index.search(SearchQuery(size=1)).next
    with pytest.raises(InvalidSearch, match="from another search"):
        index.search(SearchQuery("table", size=1, cursor=cursor))


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=60))
def test_no_text_that_can_be_typed_raises(text: str) -> None:
    page = INDEX.search(SearchQuery(text))
    assert page.total >= len(page.items)


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=60))
def test_no_cursor_that_can_be_typed_raises_anything_else(cursor: str) -> None:
    with pytest.raises(InvalidSearch):
        INDEX.search(SearchQuery(cursor=cursor))


@pytest.mark.parametrize("text", ['"', "AND OR NOT", "name:prof*", "a~2 -b +c", "[a TO b]", "\\", "/.*/", "(", "\x00"])
def test_query_syntax_is_only_text(index: SearchIndex, text: str) -> None:
    assert index.search(SearchQuery(text)).total <= len(PLUGINS)


INDEX = index_of(*PLUGINS)


@pytest.mark.parametrize("query", [SearchQuery(), SearchQuery("csv", size=1), SearchQuery("nothinghere")])
def test_a_page_in_json_is_the_page(query: SearchQuery) -> None:
    index = index_of(*PLUGINS, counted=Counter({"acme.data-profiler": 3}).__getitem__)
    page, document = index.search(query), index.search_document(query)
    assert msgspec.json.decode(document.body, type=SearchPage) == page
    assert document.body == msgspec.json.encode(page)
    assert (document.total, document.next) == (page.total, page.next)


def told_in_readmes(say: int, mention: int) -> SearchIndex:
    """So many plugins say 'spline' of themselves, and so many mention it in their README; one says 'harmonic'."""
    saying = [summary(f"acme.says-{n}", "Draws a spline.") for n in range(say)]
    mentioning = [summary(f"acme.mentions-{n}", "Does something else.") for n in range(mention)]
    index = SearchIndex()
    entries = [Entry(one, "", n) for n, one in enumerate(saying, 1)]
    entries += [
        Entry(one, "It draws splines and harmonics." if not n else "Splines.", 99) for n, one in enumerate(mentioning)
    ]
    entries.append(Entry(summary("acme.music", "Of harmonic things."), "", 100))
    index.update(entries, revision=100)
    return index


def test_some_of_the_words_are_looked_for_in_what_plugins_say_where_enough_do() -> None:
    index = told_in_readmes(say=5, mention=9)
    page = index.search(SearchQuery("spline harmonic"))
    assert ids(page)[0] == "acme.mentions-0", "it has both words, though in its README alone"
    assert {*ids(page)[1:]} == {"acme.music", *(f"acme.says-{n}" for n in range(5))}
    assert page.total == 7
    assert page.facets["publisher"] == {"acme": 7}
    assert index.search(SearchQuery("spline")).total == 14, "a word alone is looked for everywhere"


def test_a_word_that_few_say_is_looked_for_in_readmes_too() -> None:
    index = told_in_readmes(say=4, mention=9)
    assert index.search(SearchQuery("spline harmonic")).total == 14


@pytest.mark.parametrize("size", [1, 3])
def test_pages_of_some_of_the_words_have_each_once(size: int) -> None:
    index, found, cursor = told_in_readmes(say=5, mention=9), [], None
    while True:
        page = index.search(SearchQuery("spline harmonic", size=size, cursor=cursor))
        found += ids(page)
        if page.next is None:
            break
        cursor = page.next
    assert found == ids(index.search(SearchQuery("spline harmonic")))
