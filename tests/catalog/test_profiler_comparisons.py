"""What 1.1.0 adds to the profiler: where values are missing, and groups compared."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from automatosx_nb.host.display import render
from automatosx_nb.sdk import tables, ui

Importer = Callable[[str], Any]


@pytest.fixture(scope="module")
def magic(newest_profiler: Importer) -> Callable[..., str]:
    """``%profile`` → what a terminal shows."""

    def run(table: pa.Table, **options: Any) -> str:
        node: ui.Node = newest_profiler("magic").profile(tables.Table(table), **options)
        return render(node.tree(), plugin="automatosx.data-profiler", version="1.1.0").text

    return run


class TestGaps:
    def test_every_column_with_missing_values_has_a_strip(
        self, newest_profiler: Importer, penguins: pa.Table, frame: pd.DataFrame
    ) -> None:
        found = newest_profiler("gaps").gaps_of(penguins)
        assert [gaps.name for gaps in found] == frame.columns[frame.isna().any()].tolist()
        assert all(len(gaps.shares) == 120 for gaps in found)

    def test_shares_tell_how_much_of_each_run_of_rows_is_missing(self, newest_profiler: Importer) -> None:
        values = [None] * 120 + [1.0] * 60 + [math.nan] * 60
        (gaps,) = newest_profiler("gaps").gaps_of(pa.table({"x": values}))
        assert gaps.shares == (1.0,) * 60 + (0.0,) * 30 + (1.0,) * 30

    def test_fewer_rows_than_sections_have_one_section_each(self, newest_profiler: Importer) -> None:
        (gaps,) = newest_profiler("gaps").gaps_of(pa.table({"x": ["a", None, "b"]}))
        assert gaps.shares == (0.0, 1.0, 0.0)

    def test_a_table_without_gaps_has_no_such_section(self, magic: Callable[..., str]) -> None:
        assert "Where values are missing" not in magic(pa.table({"x": [1, 2, 3]}))
        assert "Where values are missing" in magic(pa.table({"x": [1, None, 3]}))


class TestGroups:
    def test_quartiles_are_those_of_pandas(
        self, newest_profiler: Importer, penguins: pa.Table, frame: pd.DataFrame
    ) -> None:
        found = newest_profiler("groups").compare(penguins, "Species")
        assert dict(found.names) == frame["Species"].value_counts().to_dict()
        quartiles = frame.groupby("Species")[[c.name for c in found.comparisons]].quantile(np.array([0.25, 0.5, 0.75]))
        for comparison in found.comparisons:
            for (name, _), box in zip(found.names, comparison.boxes, strict=True):
                expected = quartiles.loc[name, comparison.name].tolist()
                assert [box.q1, box.median, box.q3] == pytest.approx(expected)

    def test_explained_variance_is_eta_squared(
        self, newest_profiler: Importer, penguins: pa.Table, frame: pd.DataFrame
    ) -> None:
        found = newest_profiler("groups").compare(penguins, "Species").comparisons
        for comparison in found:
            known = frame[["Species", comparison.name]].dropna()
            values = known[comparison.name]
            means = known.groupby("Species")[comparison.name].transform("mean")
            between = ((means - values.mean()) ** 2).sum() / ((values - values.mean()) ** 2).sum()
            assert comparison.explained == pytest.approx(between)
        assert found[0].name == "Flipper Length (mm)"

    def test_groups_may_be_numbers_truth_values_or_dates(self, magic: Callable[..., str]) -> None:
        table = pa.table({"n": [1, 1, 2], "b": [True, False, True], "x": [1.0, 2.0, 3.0]})
        assert "Compared by n" in magic(table, by="n")
        assert "true (2)" in magic(table, by="b")

    def test_a_group_without_values_is_left_blank(self, newest_profiler: Importer) -> None:
        table = pa.table({"g": ["a", "a", "b"], "x": [1.0, 2.0, None]})
        (comparison,) = newest_profiler("groups").compare(table, "g").comparisons
        assert comparison.boxes[1] is None
        assert comparison.explained == 0.0

    def test_smaller_groups_are_counted_and_left_out(self, magic: Callable[..., str]) -> None:
        table = pa.table({"g": [str(i) for i in range(12)], "x": list(range(12))})
        assert "4 smaller groups left out" in magic(table, by="g")

    @pytest.mark.parametrize(
        ("by", "says"),
        [
            ("y", "There is no column 'y' to group by: there are x, l, n."),
            ("l", "Column 'l' cannot be grouped by: it has nested values."),
            ("n", "Column 'n' cannot be grouped by: it has no values."),
        ],
    )
    def test_what_cannot_be_grouped_by_is_said(self, magic: Callable[..., str], by: str, says: str) -> None:
        table = pa.table({"x": [1], "l": [[1]], "n": pa.array([None], pa.null())})
        assert magic(table, by=by).startswith(says)

    def test_a_table_without_other_numbers_says_so(self, magic: Callable[..., str]) -> None:
        assert "no other numeric column" in magic(pa.table({"g": ["a", "b"]}), by="g")
        assert "no other numeric column" in magic(pa.table({"g": pa.array([], pa.string())}), by="g")
