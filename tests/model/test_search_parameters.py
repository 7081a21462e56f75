from __future__ import annotations

from dataclasses import fields
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automatosx_nb.errors import InvalidSearch
from automatosx_nb.model.release import SearchQuery, Sort
from automatosx_nb.model.search_parameters import MAX_PACKAGES_TEXT, NAMES, parameters_of, query_of
from automatosx_nb.model.surroundings import Surroundings

TEXTS = st.none() | st.text(min_size=1, max_size=20)
QUERIES = st.builds(
    SearchQuery,
    text=st.text(max_size=20),
    category=TEXTS,
    publisher=TEXTS,
    verified=st.none() | st.booleans(),
    permission=TEXTS,
    risk=TEXTS,
    stage=TEXTS,
    signed=st.none() | st.booleans(),
    compatible=st.just(None) | st.just(Surroundings("1.0.0", "3.12.1", "macos", (("pandas", "2.2"),))),
    sort=st.sampled_from(get_args(Sort)),
    size=st.integers(1, 100),
    cursor=TEXTS,
)


@given(QUERIES)
def test_what_a_client_asks_is_what_the_server_reads(query: SearchQuery) -> None:
    assert query_of(parameters_of(query)) == query


def test_every_part_of_a_search_has_a_parameter() -> None:
    assert {each.name for each in fields(SearchQuery)} == {"text" if name == "q" else name for name in NAMES}


def test_more_packages_than_an_address_holds_leave_no_plugin_out() -> None:
    many = Surroundings("1.0.0", "3.12.1", "linux", tuple((f"package-{n:05}", "1.0") for n in range(MAX_PACKAGES_TEXT)))
    said = parameters_of(SearchQuery(compatible=many))
    assert said["compatible"] == "automatosx==1.0.0,python==3.12.1,platform==linux"


@pytest.mark.parametrize(
    ("said", "part"),
    [
        ({"query": "x"}, "query"),
        ({"size": "many"}, "size"),
        ({"size": "٣"}, "size"),
        ({"size": "9" * 10}, "size"),
        ({"verified": "yes"}, "verified"),
        ({"signed": "1"}, "signed"),
        ({"compatible": "here"}, "compatible"),
    ],
)
def test_a_parameter_that_is_none_says_what_would_be_one(said: dict[str, str], part: str) -> None:
    with pytest.raises(InvalidSearch) as caught:
        query_of(said)
    assert caught.value.part == part
