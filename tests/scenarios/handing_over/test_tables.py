"""A selection hands over that part and nothing else, and a result comes back as what was handed over."""

from __future__ import annotations

from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from automatosx_nb.errors import (
    AutomatosxError,
    InvalidSelection,
    NothingToKeep,
    SelectionFailed,
    UnknownVariable,
    UntransferableValue,
)
from tests.scenarios.handing_over.desk import Desk


@pytest.mark.parametrize(
    ("typed", "columns", "rows"),
    [
        ("df", ["a", "b", "secret"], 3),
        ('df[["a", "b"]]', ["a", "b"], 3),
        ("df[['b','a']][1:]", ["index", "b", "a"], 2),
        ('df["a"]', ["a"], 3),
        ("df.a", ["a"], 3),
        ('df.loc[0:1, ["b"]]', ["b"], 2),
        ("df.loc[:, 'a':'b']", ["a", "b"], 3),
        ("df.iloc[-2:, 0:1]", ["index", "a"], 2),
        ("'df[[\"a\"]]'", ["a"], 3),
    ],
)
def test_a_selection_hands_over_that_part_and_the_plugin_never_sees_the_rest(
    desk: Desk, typed: str, columns: list[str], rows: int
) -> None:
    names, count = desk.run(f"shape {typed}")
    assert count == rows
    assert [name for name in names if name != "index"] == [name for name in columns if name != "index"]
    assert "secret" not in names or typed == "df"


@pytest.mark.parametrize(
    ("typed", "error", "says"),
    [
        ("dff", UnknownVariable, "Did you mean 'df'?"),
        ('df["secrte"]', SelectionFailed, "Did you mean 'secret'?"),
        ("df.secrte", SelectionFailed, "there is no df.secrte"),
        ("df.head(2)", InvalidSelection, "a call is not carried out here"),
        ("df[df.a > 1]", InvalidSelection, "a comparison is not carried out here"),
        ("df._mgr", InvalidSelection, "private"),
        ("df['a'", InvalidSelection, "Python cannot read it"),
    ],
)
def test_what_cannot_be_selected_starts_no_worker_and_says_why(
    desk: Desk, typed: str, error: type[AutomatosxError], says: str
) -> None:
    with pytest.raises(error) as caught:
        desk.run(f"shape {typed}")
    assert says in str(caught.value)
    assert desk.runner.worker is None


def test_a_result_comes_back_as_the_kind_of_frame_that_was_handed_over(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.ns |= {"pf": pl.DataFrame({"a": [1, 2]}), "at": pa.table({"a": [1]})}
    assert desk.run("give df[['a', 'b']] --into pandas_one") is None
    desk.run("give pf --into polars_one")
    desk.run("give at --into arrow_one")
    desk.run("give pf['a'] --into series_one")
    pd.testing.assert_frame_equal(desk.ns["pandas_one"], desk.ns["df"][["a", "b"]])
    assert desk.ns["polars_one"].equals(desk.ns["pf"])
    assert desk.ns["arrow_one"].equals(desk.ns["at"])
    assert desk.ns["series_one"].equals(desk.ns["pf"])
    assert capsys.readouterr().out.splitlines() == [
        "pandas_one is now a DataFrame of 3 rows and 2 columns.",
        "polars_one is now a DataFrame of 2 rows and 1 column.",
        "arrow_one is now a Table of 1 row and 1 column.",
        "series_one is now a DataFrame of 2 rows and 1 column.",
    ]


def test_a_duckdb_relation_is_handed_over_as_a_table(desk: Desk) -> None:
    duckdb = pytest.importorskip("duckdb")
    desk.ns["rel"] = duckdb.sql("select 1 as one, 'x' as two")
    assert desk.run("shape rel") == [["one", "two"], 1]


def test_nothing_else_of_the_notebook_changes(desk: Desk) -> None:
    before = dict(desk.ns)
    desk.run("double df --into twice")
    assert {name: desk.ns[name] for name in before} == before
    assert desk.ns.keys() - before.keys() == {"twice"}
    assert list(desk.ns["twice"]["a"]) == [1, 2, 3, 1, 2, 3]


def test_without_a_name_a_table_is_shown_as_it_came(desk: Desk) -> None:
    assert isinstance(desk.run("give df"), pa.Table)


def test_a_json_value_is_kept_as_it_is(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.ns["value"] = {"a": [1, None]}
    desk.run("give value --into other")
    assert desk.ns["other"] == {"a": [1, None]}
    assert capsys.readouterr().out == "other is now a dict of length 1.\n"


@pytest.mark.parametrize(("handler", "what"), [("show", "a display"), ("nothing", "nothing")])
def test_what_is_no_value_is_not_kept(desk: Desk, handler: str, what: str) -> None:
    with pytest.raises(NothingToKeep, match=what):
        desk.run(f"{handler} --into x")
    assert "x" not in desk.ns


def test_a_frame_that_pandas_or_polars_cannot_hold_keeps_nothing(desk: Desk) -> None:
    desk.ns["pf"] = pl.DataFrame({"a": [1]})
    desk.ns["two"] = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    assert desk.run("shape two") == [["a", "a"], 1]
    desk.run("give two --into arrow_again")
    assert desk.ns["arrow_again"].column_names == ["a", "a"]


def test_frames_of_no_rows_and_columns_of_one_name_cross(desk: Desk) -> None:
    desk.ns["none"] = desk.ns["df"].iloc[0:0]
    assert desk.run("shape none") == [["a", "b", "secret"], 0]
    desk.run("give none --into back")
    assert desk.ns["back"].shape == (0, 3)
    desk.ns["twice"] = pd.DataFrame([[1, 2]], columns=["a", "a"])
    assert desk.run("shape twice") == [["a", "a"], 1]


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (pd.DataFrame({"fine": [1], "odd": [object()]}), ["'odd'", "object"]),
        (pd.DataFrame({"p": pd.period_range("2024", periods=1)}), ["'p'", "period"]),
        (pl.DataFrame({"o": pl.Series([object()], dtype=pl.Object)}), ["'o'", "Object"]),
    ],
)
def test_a_column_that_cannot_cross_is_named_with_its_type(desk: Desk, value: Any, says: list[str]) -> None:
    desk.ns["bad"] = value
    with pytest.raises(UntransferableValue) as caught:
        desk.run("shape bad")
    for each in says:
        assert each.lower() in str(caught.value).lower()
