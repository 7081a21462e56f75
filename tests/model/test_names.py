"""Plugin ids, the folding under which they count as the same, and nearest spellings."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from automatosx_nb.errors import InvalidPluginId
from automatosx_nb.model.names import (
    MAX_LENGTH,
    fold,
    is_plugin_id,
    parse_plugin_id,
    publisher_of,
    short_name,
)
from automatosx_nb.model.spelling import nearest

parts = st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,3}", fullmatch=True)
plugin_ids = st.builds("{}.{}".format, parts, parts)


@given(plugin_ids)
def test_an_id_in_its_canonical_spelling_is_kept(plugin_id: str) -> None:
    assert parse_plugin_id(plugin_id) == plugin_id
    assert is_plugin_id(plugin_id)
    assert fold(plugin_id) == plugin_id
    assert f"{publisher_of(plugin_id)}.{short_name(plugin_id)}" == plugin_id


@given(plugin_ids, st.lists(st.sampled_from(["_", "--", "-_", "__"]), min_size=1, max_size=8))
def test_other_spellings_fold_to_the_same_id_and_are_not_ids(plugin_id: str, separators: list[str]) -> None:
    other = plugin_id.upper()
    for separator in separators:
        other = other.replace("-", separator, 1)
    assert fold(other) == plugin_id
    assert not is_plugin_id(other) or other == plugin_id


@given(st.text(max_size=40))
@example("0 _")
@example("_ 0 - _")
@example("a. -")
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=40))
def test_a_text_is_an_id_or_is_refused(text: str) -> None:
    if is_plugin_id(text):
        assert parse_plugin_id(text) == text == fold(text)
    else:
        with pytest.raises(InvalidPluginId) as refused:
            parse_plugin_id(text)
        assert refused.value.suggestion is None or is_plugin_id(refused.value.suggestion)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "acme",
        "acme.",
        ".tables",
        "acme.csv.doctor",
        "acme.-doctor",
        "acme.doctor-",
        "acme.csv--doctor",
        "Acme.doctor",
        "acme.doc tor",
        "acme.doctor\n",
        "acmé.doctor",
        "acme.d٣ctor",
        "../acme.doctor",
    ],
)
def test_what_is_no_id_is_refused(text: str) -> None:
    assert not is_plugin_id(text)
    with pytest.raises(InvalidPluginId):
        parse_plugin_id(text)


def test_a_look_alike_is_refused_with_the_canonical_spelling() -> None:
    with pytest.raises(InvalidPluginId, match=r"Did you mean 'acme\.csv-doctor'") as refused:
        parse_plugin_id("Acme.CSV__Doctor")
    assert refused.value.suggestion == "acme.csv-doctor"


def test_the_longest_id_is_taken_and_a_longer_one_refused() -> None:
    longest = f"acme.{'a' * (MAX_LENGTH - 5)}"
    assert parse_plugin_id(longest) == longest
    assert not is_plugin_id(longest + "a")
    with pytest.raises(InvalidPluginId, match="longer than 128"):
        parse_plugin_id(longest + "a")


KNOWN = ["acme.tables", "acme.charts", "other.tables", "automatosx.data-profiler", "zed.editor"]


def test_a_typing_error_finds_the_name() -> None:
    assert nearest("acme.tabels", KNOWN)[0] == "acme.tables"
    assert nearest("data-profilr", KNOWN) == ("automatosx.data-profiler",)


def test_a_name_without_its_publisher_finds_every_publisher_first() -> None:
    assert nearest("tables", KNOWN)[:2] == ("acme.tables", "other.tables")


def test_another_plugin_of_the_same_publisher_is_not_what_was_meant() -> None:
    assert nearest("automatosx.cell-ledger", KNOWN) == ()


def test_nothing_alike_finds_nothing() -> None:
    assert nearest("qqqqqq", KNOWN) == ()
    assert nearest("acme.tables", []) == ()


@pytest.mark.parametrize("typed", ["Acme.Tables", "ACME.TABLES", "acme._tables_", " acme.tables "])
def test_a_name_that_differs_in_its_spelling_only_is_the_only_one_suggested(typed: str) -> None:
    assert nearest(typed, KNOWN) == ("acme.tables",)


def test_a_word_of_no_end_is_compared_to_nothing() -> None:
    assert nearest("summaris" * 500_000, ["summarise"]) == ()
    assert nearest("summaris", ["summarise"]) == ("summarise",)


@given(st.text(alphabet="abc.-", max_size=10), st.lists(plugin_ids, max_size=8), st.integers(1, 4))
def test_nearest_names_are_known_each_once_and_not_too_many(word: str, known: list[str], most: int) -> None:
    found = nearest(word, known, most=most)
    assert set(found) <= set(known)
    assert len(set(found)) == len(found) <= most
    assert found == nearest(word, known[::-1], most=most)


@given(plugin_ids, st.lists(plugin_ids, max_size=5))
def test_a_name_given_in_capitals_is_found(name: str, others: list[str]) -> None:
    assert name in nearest(name.upper(), [name, *others], most=len(others) + 1)
