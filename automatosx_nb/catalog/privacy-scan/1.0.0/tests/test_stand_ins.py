"""What stands in place of values, and how much of them is left."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from privacy_scan import stand_ins
from privacy_scan.detectors import KINDS


def partial(kind: str, *texts: str | None) -> list:
    return stand_ins.partial(kind, pa.array(texts, pa.large_string())).to_pylist()


@pytest.mark.parametrize(
    ("kind", "value", "left"),
    [
        ("email", " ada@example.org ", "a***@example.org"),
        ("email", "a@b@example.org", "a***@example.org"),
        ("email", "@example.org", "@***@example.org"),
        ("email", "ada", "a***"),
        ("email", "", "***"),
        ("ip", "192.0.2.33", "192.0.2.0"),
        ("ip", "2001:db8:7:8::9", "2001:db8:7::"),
        ("ip", "::1", "::1::"),
        ("birth-date", "1984-03-01T10:00:00", "1984"),
        ("birth-date", "31.12.1984", "1984"),
        ("birth-date", "1.\u00b2.1984", "[birth-date]"),
        ("birth-date", "in May", "[birth-date]"),
        ("name", "Ada\u00a0de\tL\u00f4velace", "A. d. L."),
        ("address", "Elm Street 3", "[address]"),
        ("iban", "GB82 WEST 1234 5698 7654 32", "GB** **** **** **** **54 32"),
        ("card", "4111-1111-1111-1111", "****-****-****-1111"),
        ("card", "411", "411"),
        ("phone", "+49 (30) 123_458", "+** (**) ***_*58"),
        ("national-id", "\u5b571\u216734", "***34"),
        ("national-id", "\ue000x99\n", "**99"),
        ("", "\u00e9clair", "\u00e9***"),
    ],
)
def test_so_much_of_a_value_is_left(kind: str, value: str, left: str) -> None:
    assert partial(kind, value, None) == [left, None]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(max_size=20), max_size=10), st.sampled_from(["card", "phone", "national-id"]))
def test_no_number_shows_more_of_its_letters_and_digits_than_its_end_unless_it_is_shorter(
    texts: list, kind: str
) -> None:
    for text, left in zip(texts, partial(kind, *texts), strict=True):
        known = sum(map(str.isalnum, text))
        assert sum(map(str.isalnum, left)) <= min(known, stand_ins.SHOWN[kind])
        assert len(left) == len(text.strip())


@given(st.lists(st.text(max_size=8) | st.none(), max_size=10), st.sampled_from([*KINDS, ""]))
def test_what_is_worked_out_once_for_each_distinct_value_is_as_for_all_of_them(texts: list, kind: str) -> None:
    column = pa.chunked_array([pa.array(texts, pa.large_string())])
    once = stand_ins.mapped(column, stand_ins.stand_in(kind, "partial", b""))
    assert once.to_pylist() == partial(kind, *texts)
