"""Marks of axes."""

import datetime
import itertools
import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from quick_charts import ticks

FEW = settings(max_examples=80, deadline=None)
NUMBERS = st.floats(-1e12, 1e12, allow_nan=False)
SPANS = st.floats(1e-9, 1e12)


def texts(axis: ticks.Axis) -> list:
    return [text for _value, text in axis.marks]


@pytest.mark.parametrize(
    ("low", "high", "marks"),
    [
        (0, 97, ["0", "20", "40", "60", "80", "100"]),
        (-1.2, 3.4, ["−2", "−1", "0", "1", "2", "3", "4"]),
        (0.12, 0.48, ["0.1", "0.2", "0.3", "0.4", "0.5"]),
        (2700, 6300, ["2,000", "3,000", "4,000", "5,000", "6,000", "7,000"]),
    ],
)
def test_marks_are_those_of_a_person(low: float, high: float, marks: list) -> None:
    assert texts(ticks.linear(low, high)) == marks


@FEW
@given(NUMBERS, SPANS)
def test_marks_are_few_evenly_spaced_and_hold_the_data(low: float, span: float) -> None:
    high = low + span
    assume(span > 1e-9 * max(abs(low), abs(high)))
    axis = ticks.linear(low, high)
    values = [value for value, _text in axis.marks]
    steps = [b - a for a, b in itertools.pairwise(values)]
    assert 2 <= len(values) <= 12
    assert max(steps) - min(steps) <= 1e-6 * max(steps)
    slack = 1e-6 * steps[0]
    assert axis.low <= low + slack
    assert high - slack <= axis.high
    part = steps[0] / 10 ** math.floor(math.log10(steps[0]) + 1e-6)
    assert min(abs(part - each) for each in (1, 2, 5, 10)) < 1e-3


def test_marks_of_counts_are_whole() -> None:
    assert texts(ticks.linear(0.0, 3.0, whole=True)) == ["0", "1", "2", "3"]


@FEW
@given(SPANS)
def test_no_two_marks_read_the_same(span: float) -> None:
    shown = texts(ticks.linear(0.0, span))
    assert len(set(shown)) == len(shown)


@FEW
@given(st.floats(1e-12, 1e12), st.floats(1.0, 1e20))
def test_a_log_axis_holds_the_data_between_powers_of_ten(low: float, ratio: float) -> None:
    axis = ticks.logarithmic(low, low * ratio)
    assert axis.low <= low * (1 + 1e-9)
    assert low * ratio <= axis.high * (1 + 1e-9)
    assert 2 <= len(axis.marks) <= 12
    assert axis.at(axis.low) == 0
    assert axis.at(axis.high) == pytest.approx(1)


@FEW
@given(st.datetimes(datetime.datetime(1800, 1, 1), datetime.datetime(2200, 1, 1)), st.floats(1, 6e9))
def test_marks_of_times_lie_on_the_axis_and_read_differently(start: datetime.datetime, span: float) -> None:
    low = (start - ticks.EPOCH).total_seconds()
    axis = ticks.times(low, low + span)
    values = [value for value, _text in axis.marks]
    assert values == sorted(values)
    assert len(values) <= 20
    assert all(low <= value <= low + span for value in values)
    assert len(set(texts(axis))) == len(values)


@pytest.mark.parametrize(
    ("low", "high", "first"),
    [
        ((2024, 1, 1), (2024, 12, 31), ["2024-01", "2024-03", "2024-05"]),
        ((2001, 6, 1), (2024, 1, 1), ["2005", "2010", "2015"]),
        ((2024, 1, 1, 9), (2024, 1, 1, 15), ["09:00", "10:00", "11:00"]),
    ],
)
def test_times_have_marks_where_a_calendar_has_them(low: tuple, high: tuple, first: list) -> None:
    ends = [(datetime.datetime(*each) - ticks.EPOCH).total_seconds() for each in (low, high)]
    assert texts(ticks.times(*ends))[:3] == first
