"""What is drawn of a table, and what is said instead."""

import datetime
import math
import re
from xml.etree import ElementTree

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from quick_charts import boxes, histogram, lines, svg
from quick_charts.columns import ChartError, column_of
from quick_charts.frame import Chart, Look
from quick_charts.groups import groups_of
from quick_charts.magic import DRAW
from quick_charts.request import KINDS, read

BIRDS = pa.table(
    {
        "mass": [3750, 3800, None, 3450, 5000, 5700],
        "length": [181.0, 186.0, 195.0, float("nan"), 230.0, math.inf],
        "kind": ["Adelie", "Adelie", "Adelie", None, "Gentoo", "Gentoo"],
        "seen": [datetime.date(2007, 11, day) for day in (11, 11, 12, 13, 14, 15)],
        "nested": [[1], None, [2], [], [3], [4]],
    }
)


def draw(table: pa.Table = BIRDS, x: str = "", y: str = "", by: str = "", kind: str = "auto", **more: object) -> Chart:
    asked = {"stat": "mean", "log": "none", "bins": 0, **more}
    request = read(table, x, y, by, kind, asked["stat"], asked["log"], asked["bins"])
    return DRAW[request.kind](request, Look())


def shapes(chart: Chart, tag: str) -> list:
    return [each for each in ElementTree.fromstring(chart.source).iter() if each.tag.endswith("}" + tag)]


def words(chart: Chart) -> list:
    return [each.text for each in shapes(chart, "text")]


@pytest.mark.parametrize(
    ("x", "y", "kind"),
    [
        ("mass", "length", "scatter"),
        ("seen", "mass", "line"),
        ("kind", "mass", "box"),
        ("mass", "", "histogram"),
        ("", "mass", "histogram"),
        ("kind", "", "bar"),
        ("seen", "", "histogram"),
    ],
)
def test_the_columns_say_what_kind_of_chart_it_is(x: str, y: str, kind: str) -> None:
    assert read(BIRDS, x, y, "", "auto", "mean", "none", 0).kind == kind


def test_rows_that_cannot_be_drawn_are_counted() -> None:
    found = draw(x="mass", y="length")
    assert found.notes == ("3 of 6 rows are left out: mass or length is missing or infinite.",)
    assert sum(path.get("d").count("M") for path in shapes(found, "path") if path.get("fill-opacity")) == 3


def test_bars_are_the_statistic_of_each_category_and_say_it() -> None:
    assert "5,350" in words(draw(x="kind", y="mass", kind="bar"))
    assert "10,700" in words(draw(x="kind", y="mass", kind="bar", stat="sum"))
    assert {"3", "2", "1", "(missing)"} <= set(words(draw(x="kind", kind="bar")))


def test_bars_begin_at_nothing_and_are_as_long_as_what_they_say() -> None:
    found = shapes(draw(pa.table({"c": ["a", "b"], "v": [50.0, 100.0]}), "c", "v", kind="bar"), "rect")
    (long, short) = sorted((float(bar.get("width")) for bar in found), reverse=True)
    assert long == pytest.approx(2 * short, rel=0.01)
    assert len({bar.get("x") for bar in found}) == 1


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6, width=32) | st.integers(-50, 50), min_size=1, max_size=60), st.integers(0, 20))
def test_each_value_is_in_one_bin_of_a_histogram(values: list, bins: int) -> None:
    table = pa.table({"v": pa.array([float(value) for value in values])})
    request = read(table, "v", "", "", "histogram", "mean", "none", bins if bins >= 2 else 0)
    edges = histogram.edges_of(request, request.x.values)
    cells = histogram.binned(request.x.values, edges, request).to_pylist()
    slack = 1e-9 * max(1.0, *map(abs, edges))
    assert edges == sorted(edges)
    assert all(
        edges[cell] - slack <= value <= edges[cell + 1] + slack for cell, value in zip(cells, values, strict=True)
    )


def test_quartiles_and_whiskers_are_tukeys() -> None:
    box = boxes.box_of(pa.chunked_array([[1.0, 2.0, 3.0, 4.0, 100.0]]))
    assert (box.low, box.q1, box.median, box.q3, box.high, box.beyond) == (1.0, 2.0, 3.0, 4.0, 4.0, [100.0])


def test_lines_are_the_statistic_of_rows_that_share_a_place() -> None:
    found = draw(x="seen", y="mass", kind="line")
    assert "Rows that share a value of seen are one point: their mean." in found.notes
    (path,) = [each for each in shapes(found, "path") if each.get("fill") == "none"]
    assert path.get("d").count(" ") == 4, "of five days, one of them without a mass"


@pytest.mark.parametrize(("kind", "x", "y"), [("scatter", "x", "y"), ("line", "x", "y"), ("histogram", "x", "")])
def test_a_large_table_makes_a_small_picture(kind: str, x: str, y: str) -> None:
    count = 50_000
    table = pa.table({"x": list(range(count)), "y": [place % 977 for place in range(count)]})
    found = draw(table, x, y, kind=kind)
    assert len(found.source) < 150_000
    assert kind == "histogram" or any("counted in squares" in note or "steps" in note for note in found.notes)


def test_the_band_of_a_long_line_holds_the_least_and_the_most() -> None:
    table = pa.table({"g": [0] * 2000, "x": [float(x) for x in range(2000)], "y": [float(x % 10) for x in range(2000)]})
    request = read(table, "x", "y", "", "line", "mean", "none", 0)
    axis = lines.axis_of(request, "x", request.x, 0.0, 1999.0, loose=False)
    found = lines.in_steps(table, axis)
    assert found.num_rows == lines.STEPS
    assert set(found.column("least").to_pylist()) | set(found.column("most").to_pylist()) <= set(map(float, range(10)))
    assert all(
        low <= mean <= high
        for low, mean, high in zip(*(found.column(n).to_pylist() for n in ("least", "y", "most")), strict=True)
    )


def test_of_many_groups_the_smaller_ones_are_one() -> None:
    table = pa.table({"g": [f"g{place}" for place in range(12) for _ in range(20 - place)]})
    groups = groups_of(column_of(table, "g", "--by"), table.num_rows)
    assert groups.names == [*(f"g{place}" for place in range(7)), "(other)"]
    assert groups.left_out == 5
    assert groups.places.to_pylist().count(7) == sum(20 - place for place in range(7, 12))


def test_on_a_log_axis_what_is_not_above_nothing_is_left_out() -> None:
    found = draw(pa.table({"x": [1.0, 10.0, 0.0, -5.0], "y": [1.0, 2.0, 3.0, 4.0]}), "x", "y", log="x")
    assert "2 of 4 rows are left out" in found.notes[0]


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ({"x": "mas"}, "no column 'mas': did you mean 'mass'?"),
        ({}, "say which columns with --x and --y: there are mass, length, kind, seen, nested"),
        ({"x": "nested"}, "'nested' is of the type list"),
        ({"x": "kind", "y": "mass", "kind": "scatter"}, "'kind' holds words, and a scatter needs numbers or times"),
        ({"x": "mass", "kind": "scatter"}, "a scatter chart needs --x and --y"),
        ({"x": "mass", "bins": 1}, "--bins 1: from 2 to 200"),
        ({"x": "kind", "kind": "bar", "log": "y"}, "a bar chart has no log axis"),
        ({"x": "mass", "y": "kind"}, "it can be --x or --by"),
    ],
)
def test_what_cannot_be_drawn_is_told_with_what_can(asked: dict, answer: str) -> None:
    with pytest.raises(ChartError, match=re.escape(answer)):
        draw(**asked)


@pytest.mark.parametrize("kind", KINDS[1:])
def test_any_name_makes_a_picture_that_is_xml(kind: str) -> None:
    odd = '<&">\x00' + "x" * 200
    table = pa.table({odd: [1.0, 2.0], "c": ["</svg>", "\x1b&"], "w": [1, 2]})
    x, y = {"bar": ("c", odd), "box": ("c", odd), "histogram": (odd, "")}.get(kind, (odd, "w"))
    assert shapes(draw(table, x, y, "c", kind), "text")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(allow_nan=True, allow_infinity=True) | st.none(), min_size=1, max_size=30))
@example([0.0, 1e-280, 2e-280, 1e280])
def test_any_numbers_make_a_picture_or_an_error_that_says_why(values: list) -> None:
    table = pa.table({"x": pa.array(values, pa.float64()), "y": pa.array(range(len(values)))})
    for kind, y in (("scatter", "y"), ("line", "y"), ("histogram", ""), ("box", "x")):
        try:
            found = draw(table, "" if kind == "box" else "x", y, kind=kind)
        except ChartError as error:
            said = str(error)
        else:
            said = ""
            assert "nan" not in found.source
            assert "inf" not in found.source.replace("infinite", "")
        assert not said or "no row has all of the values" in said


def luminance(colour: str) -> float:
    """WCAG 2's relative luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_words_and_the_colours_of_the_default_palette_are_seen_in_light_and_dark() -> None:
    for colour in (*svg.PALETTES["balanced"], svg.GREY):
        assert min(contrast(colour, "#ffffff"), contrast(colour, "#212121")) >= 3, colour
