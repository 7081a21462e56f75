"""What the profiler computes, held against pandas and numpy."""

from __future__ import annotations

import datetime
import decimal
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from automatosx_nb.host.display import render

Importer = Callable[[str], Any]

FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
NUMBERS = st.floats(-1e6, 1e6, width=32).map(lambda x: round(x, 3)) | st.just(math.nan) | st.none()


def profile(profiler: Importer, table: pa.Table, top: int = 5) -> Any:
    return profiler("profile").profile_table(table, top)


def shown(profiler: Importer, table: pa.Table) -> str:
    tree = profiler("report").report(profile(profiler, table)).tree()
    return render(tree, plugin="automatosx.data-profiler", version="1.0.0").text


def findings(profiler: Importer, table: pa.Table) -> list[str]:
    alerts = profiler("alerts").alerts_of(profile(profiler, table))
    return [f"{alert.column}: {alert.finding}" for alert in alerts]


def same(found: float | None, expected: float) -> bool:
    return math.isnan(expected) if found is None else math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-6)


class TestPenguins:
    def test_counts_are_those_of_pandas(self, profiler: Importer, penguins: pa.Table, frame: pd.DataFrame) -> None:
        found = profile(profiler, penguins)
        assert (found.rows, len(found.columns)) == frame.shape
        assert found.missing == int(frame.isna().sum().sum())
        assert found.duplicates == int(frame.duplicated().sum())
        assert [c.distinct for c in found.columns] == frame.nunique().tolist()
        assert [c.missing for c in found.columns] == frame.isna().sum().tolist()

    def test_statistics_are_those_of_pandas(self, profiler: Importer, penguins: pa.Table, frame: pd.DataFrame) -> None:
        numbers = {c.name: c.numbers for c in profile(profiler, penguins).columns if c.numbers}
        assert len(numbers) == 7
        for name, stats in numbers.items():
            column = frame[name]
            expected = column.describe()
            assert same(stats.mean, expected["mean"])
            assert same(stats.deviation, expected["std"])
            assert same(stats.skew, float(column.skew()))
            quartiles = (stats.minimum, stats.q1, stats.median, stats.q3, stats.maximum)
            wanted = expected[["min", "25%", "50%", "75%", "max"]]
            assert all(same(a, b) for a, b in zip(quartiles, wanted, strict=True))

    def test_correlations_are_those_of_pandas(
        self, profiler: Importer, penguins: pa.Table, frame: pd.DataFrame
    ) -> None:
        found = profile(profiler, penguins).correlations
        expected = frame[list(found.names)].corr().to_numpy()
        assert all(same(value, expected[i][j]) for i, row in enumerate(found.values) for j, value in enumerate(row))

    def test_the_most_frequent_values_are_those_of_pandas(
        self, profiler: Importer, penguins: pa.Table, frame: pd.DataFrame
    ) -> None:
        island = next(c for c in profile(profiler, penguins).columns if c.name == "Island")
        assert dict(island.categories.top) == frame["Island"].value_counts().to_dict()

    def test_findings_name_what_is_odd_in_this_table(self, profiler: Importer, penguins: pa.Table) -> None:
        assert findings(profiler, penguins) == [
            "Region: constant: every value is the same",
            "Stage: constant: every value is the same",
            "Comments: 84.3 % missing",
            "Individual ID: high cardinality: 190 different values",
        ]

    def test_a_terminal_can_read_it(self, profiler: Importer, penguins: pa.Table) -> None:
        text = shown(profiler, penguins)
        assert "Rows: 344" in text
        assert "Flipper Length (mm) and Body Mass (g) 0.87" in text
        assert max(map(len, text.splitlines())) < 200


class TestAnyNumbers:
    @FEW
    @given(values=st.lists(NUMBERS, min_size=1, max_size=60))
    def test_statistics_are_those_of_pandas(self, profiler: Importer, values: list[float | None]) -> None:
        column = profile(profiler, pa.table({"x": pa.array(values, pa.float64())})).columns[0]
        series = pd.Series(values, dtype="float64")
        assert column.missing == series.isna().sum()
        assert column.distinct == series.nunique()
        if column.numbers is None:
            assert series.isna().all()
            return
        stats, finite = column.numbers, series.dropna()
        assert same(stats.mean, finite.mean())
        assert same(stats.deviation, finite.std())
        assert stats.zeros == (finite == 0).sum()
        q1, q3 = finite.quantile(0.25), finite.quantile(0.75)
        assert (stats.q1, stats.q3) == pytest.approx((q1, q3))
        reach = 1.5 * (stats.q3 - stats.q1)
        assert stats.outliers == ((finite < stats.q1 - reach) | (finite > stats.q3 + reach)).sum()

    @FEW
    @given(values=st.lists(st.integers(-1000, 1000).map(float), min_size=1, max_size=80))
    def test_a_histogram_counts_every_value_once(self, profiler: Importer, values: list[float]) -> None:
        histogram = profile(profiler, pa.table({"x": values})).columns[0].numbers.histogram
        assert sum(histogram.counts) == len(values)
        assert (histogram.low, histogram.high) == (min(values), max(values))
        if len(histogram.counts) > 1:  # numpy corrects values at a bin's edge, so cumulated counts may be one bin off
            expected, _ = np.histogram(values, bins=len(histogram.counts))
            off = np.abs(np.cumsum(histogram.counts) - np.cumsum(expected))
            edges = np.linspace(min(values), max(values), len(histogram.counts) + 1)
            near = [int(np.isclose(values, edge, rtol=1e-9, atol=1e-9).sum()) for edge in edges[1:]]
            assert (off <= near).all()

    @FEW
    @given(values=st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(-40, 40), min_size=1, max_size=80))
    def test_bins_of_whole_numbers_hold_equally_many_of_them(self, profiler: Importer, values: list[int]) -> None:
        histogram = profile(profiler, pa.table({"x": pa.array(values, pa.int64())})).columns[0].numbers.histogram
        assert sum(histogram.counts) == len(values)
        if max(map(abs, values)) < 2**50:
            assert ((histogram.high - histogram.low) / len(histogram.counts)).is_integer()
            assert histogram.low == min(values) - 0.5
            assert histogram.high > max(values)

    @FEW
    @example(rows=[(12071.5, math.nan, 0), (0.0, 0.0, 0), (0.072, 1.0, 0), (0.0, 0.0, 0)])
    @given(rows=st.lists(st.tuples(NUMBERS, NUMBERS, st.integers(-50, 50)), min_size=3, max_size=50))
    def test_correlations_are_those_of_pandas(self, profiler: Importer, rows: list[tuple[Any, ...]]) -> None:
        frame = pd.DataFrame(rows, columns=["a", "b", "c"]).astype({"a": "float64", "b": "float64"})
        found = profile(profiler, pa.table(frame)).correlations
        expected = frame.corr(min_periods=3).to_numpy()
        for i, row in enumerate(found.values):
            for j, value in enumerate(row):
                if value is not None:  # pandas calls rounding a correlation where a column hardly varies
                    assert value == pytest.approx(expected[i][j], abs=1e-6)

    @FEW
    @given(rows=st.lists(st.tuples(st.sampled_from(["a", "b", None]), st.sampled_from([1, 2, None])), max_size=30))
    def test_duplicate_rows_are_those_of_pandas(self, profiler: Importer, rows: list[tuple[Any, ...]]) -> None:
        frame = pd.DataFrame(rows, columns=["s", "i"])
        table = pa.table(
            {"s": pa.array([r[0] for r in rows], pa.string()), "i": pa.array([r[1] for r in rows], pa.int64())}
        )
        assert profile(profiler, table).duplicates == frame.duplicated().sum()


ALL_TYPES = {
    "int64": pa.int64(),
    "uint64": pa.uint64(),
    "float64": pa.float64(),
    "float16": pa.float16(),
    "decimal": pa.decimal128(9, 2),
    "bool": pa.bool_(),
    "string": pa.string(),
    "large_string": pa.large_string(),
    "string_view": pa.string_view(),
    "category": pa.dictionary(pa.int8(), pa.string()),
    "date32": pa.date32(),
    "date64": pa.date64(),
    "timestamp": pa.timestamp("ns", "Europe/Berlin"),
    "time32": pa.time32("s"),
    "time64": pa.time64("ns"),
    "duration": pa.duration("ms"),
    "null": pa.null(),
    "binary": pa.binary(),
    "list": pa.list_(pa.int8()),
    "struct": pa.struct([("a", pa.int8())]),
    "map": pa.map_(pa.string(), pa.int8()),
    "interval": pa.month_day_nano_interval(),
}


class TestOddTables:
    @pytest.mark.parametrize("rows", [0, 1, 3])
    def test_columns_without_a_value_are_all_missing(self, profiler: Importer, rows: int) -> None:
        table = pa.table({name: pa.array([None] * rows, kind) for name, kind in ALL_TYPES.items()})
        found = profile(profiler, table)
        assert [column.missing for column in found.columns] == [rows] * len(ALL_TYPES)
        assert f"Rows: {rows}" in shown(profiler, table)
        alerts = findings(profiler, table)
        assert alerts == ([f"{n}: all values are missing" for n in ALL_TYPES] if rows else [": the table has no rows"])

    def test_a_table_without_columns(self, profiler: Importer) -> None:
        assert "Columns: 0" in shown(profiler, pa.table({}))

    def test_nan_and_null_are_both_missing_and_infinities_are_not(self, profiler: Importer) -> None:
        table = pa.table({"x": pa.array([math.nan, None, 1.0, math.inf, -math.inf, 3.0])})
        column = profile(profiler, table).columns[0]
        assert (column.missing, column.nans, column.numbers.infinite) == (2, 1, 2)
        assert (column.numbers.minimum, column.numbers.mean, column.numbers.maximum) == (1.0, 2.0, 3.0)
        assert "x: missing in two ways: 1 null, 1 NaN" in findings(profiler, table)
        assert "x: 2 infinite values" in findings(profiler, table)

    def test_the_two_zeros_are_one_value(self, profiler: Importer) -> None:
        assert profile(profiler, pa.table({"x": [0.0, -0.0]})).columns[0].distinct == 1

    def test_whole_numbers_keep_their_exact_ends(self, profiler: Importer) -> None:
        table = pa.table({"i": [2**63 - 1, -(2**63)], "u": pa.array([2**64 - 1, 0], pa.uint64())})
        ends = [(c.numbers.minimum, c.numbers.maximum) for c in profile(profiler, table).columns]
        assert ends == [(-(2**63), 2**63 - 1), (0, 2**64 - 1)]

    def test_numbers_at_the_ends_of_floating_point_have_a_picture(self, profiler: Importer) -> None:
        table = pa.table({"big": [1.7e308, -1.7e308, 0.0], "small": [5e-324, 1e-323, 0.0]})
        counts = [sum(c.numbers.histogram.counts) for c in profile(profiler, table).columns]
        assert counts == [3, 3]
        assert "big" in shown(profiler, table)

    def test_a_constant_column_is_named_and_has_no_correlation(self, profiler: Importer) -> None:
        table = pa.table({"x": [0.1] * 30, "y": list(range(30))})
        assert findings(profiler, table)[0] == "x: constant: every value is the same"
        assert profile(profiler, table).correlations.values == ((), (None,))

    def test_decimals_durations_and_truth_values(self, profiler: Importer) -> None:
        table = pa.table(
            {
                "d": pa.array([decimal.Decimal("1.10"), decimal.Decimal("2.20"), None]),
                "t": pa.array([1000, 2000, 3000], pa.duration("ms")),
                "b": [True, False, True],
            }
        )
        d, t, b = profile(profiler, table).columns
        assert d.numbers.mean == pytest.approx(1.65)
        assert t.numbers.mean == 2.0
        assert b.categories.top == (("True", 2), ("False", 1))

    def test_times_are_written_in_iso_8601(self, profiler: Importer) -> None:
        utc = datetime.datetime(2020, 1, 1, 12, 30, tzinfo=datetime.UTC)
        table = pa.table(
            {
                "date": [datetime.date(1, 1, 1), datetime.date(9999, 12, 31)],
                "zone": pa.array([utc, None], pa.timestamp("ns", "Europe/Berlin")),
                "clock": [datetime.time(1, 2), datetime.time(23, 59, 1)],
                "far": pa.array([2**62, 0], pa.timestamp("s")),
            }
        )
        ends = [(c.times.earliest, c.times.latest) for c in profile(profiler, table).columns]
        assert ends == [
            ("0001-01-01", "9999-12-31"),
            ("2020-01-01 12:30:00", "2020-01-01 12:30:00"),
            ("01:02:00", "23:59:01"),
            ("1970-01-01", "out of range"),
        ]

    def test_nested_columns_are_named_and_leave_duplicates_unknown(self, profiler: Importer) -> None:
        table = pa.table({"l": [[1], [1]], "i": [1, 1]})
        assert profile(profiler, table).duplicates is None
        assert "not profiled: list" in shown(profiler, table)

    def test_columns_of_one_name_are_told_apart_by_place(self, profiler: Importer) -> None:
        table = pa.Table.from_arrays([pa.array([1, 1]), pa.array(["a", "a"])], names=["x", "x"])
        found = profile(profiler, table)
        assert [c.kind for c in found.columns] == ["number", "text"]
        assert found.duplicates == 1
        assert "x: 2 columns have this name" in findings(profiler, table)

    def test_long_foreign_and_control_characters_are_shown_cut_and_tame(self, profiler: Importer) -> None:
        table = pa.table({"名前🐧": ["x" * 100_000, "\x00\x1b[31mred", "日本語" * 50, " \n", None, "مرحبا"]})
        text = shown(profiler, table)
        assert len(text) < 4000
        assert "\x1b" not in text
        assert "名前🐧: 1 blank text" in findings(profiler, table)

    def test_two_hundred_columns(self, profiler: Importer) -> None:
        rng = np.random.default_rng(0)
        table = pa.table(pd.DataFrame({f"c{i}": rng.normal(size=30) for i in range(200)}))
        found = profile(profiler, table)
        assert len(found.columns) == 200
        assert (len(found.correlations.names), found.correlations.left_out) == (24, 176)
        assert "176 further numeric columns not shown" in shown(profiler, table)

    def test_correlations_of_many_rows_come_from_evenly_spaced_ones(self, profiler: Importer) -> None:
        n = 250_000
        table = pa.table(pd.DataFrame({"x": np.arange(n), "y": -np.arange(n)}))
        found = profile(profiler, table).correlations
        assert found.rows == 100_000
        assert found.values[1][0] == pytest.approx(-1)

    def test_near_identifiers_are_found_among_text_and_whole_numbers_only(self, profiler: Importer) -> None:
        table = pa.table({"id": list(range(100)), "f": [i / 7 for i in range(100)], "s": [f"k{i}" for i in range(100)]})
        found = [line for line in findings(profiler, table) if "identifier" in line]
        assert [line.split(":")[0] for line in found] == ["id", "s"]
