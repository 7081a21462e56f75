"""What is found in a table, and what is made of it."""

import datetime
import random

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from privacy_scan import masking
from privacy_scan.detectors import KINDS, kinds_hinted
from privacy_scan.report import report
from privacy_scan.scan import scan_table

RANDOM = random.Random(7)
CUSTOMERS = pa.table(
    {
        "customer": list(range(6)),
        "contact": [
            "ada@example.org",
            "bob@example.com",
            "cy@example.net",
            None,
            "di@example.org",
            " eve@example.org ",
        ],
        "paid_to": [
            "DE89370400440532013000",
            None,
            "GB82 WEST 1234 5698 7654 32",
            "FR1420041010050500013M02606",
            "",
            None,
        ],
        "cc_number": [4111111111111111, 5555555555554444, None, 378282246310005, 6011111111111117, 3530111333300000],
        "DateOfBirth": [
            datetime.date(1984, 3, 1),
            datetime.date(1990, 12, 24),
            None,
            datetime.date(1971, 7, 7),
            None,
            None,
        ],
        "signed_up": [datetime.date(2020, 1, each) for each in range(1, 7)],
        "last_name": ["Lovelace", "Babbage", "Coombs", None, "Prince", "Adams"],
        "seen_from": ["192.0.2.1", "198.51.100.7", "203.0.113.9", "2001:db8::7", None, "192.0.2.1"],
        "note": ["call +44 20 7946 0958", "nothing", "mail ada@example.org or bob@example.com", None, "", "x"],
        "amount": [1.5, 2.25, 3.0, None, 5.75, 6.125],
    }
)


def found_in(table: pa.Table, kinds: tuple = KINDS, rows: int = 1000) -> dict:
    findings = scan_table(table, list(kinds), rows).findings
    return {(finding.column, finding.what): finding for finding in findings}


def test_each_kind_is_found_in_its_column_and_nothing_else() -> None:
    assert set(found_in(CUSTOMERS)) == {
        ("contact", "e-mail address"),
        ("paid_to", "IBAN"),
        ("cc_number", "payment card"),
        ("DateOfBirth", "date of birth"),
        ("last_name", "name of a person"),
        ("seen_from", "IPv4 address"),
        ("note", "telephone number"),
        ("note", "e-mail address"),
    }


def test_share_confidence_and_place_are_told() -> None:
    found = found_in(CUSTOMERS)
    contact, note = found["contact", "e-mail address"], found["note", "telephone number"]
    assert (contact.share, contact.count, contact.confidence, contact.inside) == (1.0, 5, "high", False)
    assert (note.share, note.inside, note.confidence) == (0.25, True, "medium")
    assert found["last_name", "name of a person"].confidence == "low"


def test_numbers_drawn_by_lot_are_no_cards_and_no_ids() -> None:
    """Some of them pass a check by chance: one in ten of Luhn's, one in eleven of the Dutch."""
    columns = {
        str(size): [RANDOM.randrange(10 ** (size - 1), 10**size) for _ in range(500)] for size in (9, 10, 11, 16)
    }
    assert found_in(pa.table(columns)) == {}
    texts = {name: [str(value) for value in values] for name, values in columns.items()}
    assert found_in(pa.table(texts)) == {}


def test_ids_with_their_check_digits_are_found_in_numbers_and_texts() -> None:
    bodies = ["100200300", "123456789", "987654321", "111444777", "222333444", "529982247"]
    whole = [body + cpf_digits(body) for body in bodies]
    found = found_in(pa.table({"a": whole, "b": [int(number) for number in whole]}))
    assert {finding.what for finding in found.values()} == {"Brazilian CPF"}
    assert {finding.column for finding in found.values()} == {"a", "b"}


def cpf_digits(body: str) -> str:
    for _ in range(2):
        total = sum(int(digit) * weight for digit, weight in zip(body, range(len(body) + 1, 1, -1), strict=True))
        body += str(total * 10 % 11 % 10)
    return body[9:]


def test_only_the_kinds_that_are_asked_for_are_looked_for() -> None:
    assert set(found_in(CUSTOMERS, ("iban",))) == {("paid_to", "IBAN")}


def test_a_sample_lies_evenly_over_the_table() -> None:
    table = pa.table({"x": ["nothing"] * 900 + ["ada@example.org"] * 100})
    scan = scan_table(table, list(KINDS), 100)
    assert (scan.rows, scan.looked_at, scan.findings[0].count) == (1000, 100, 10)


@pytest.mark.parametrize(
    ("column", "kinds"),
    [
        ("customer_e-mail", {"email"}),
        ("EmailAddress", {"email"}),
        ("dateOfBirth", {"birth-date"}),
        ("date of birth", {"birth-date"}),
        ("ip_address", {"ip"}),
        ("home_address", {"address"}),
        ("Phone Number", {"phone"}),
        ("shipment", set()),
        ("telemetry", set()),
        ("description", set()),
    ],
)
def test_a_name_is_read_by_its_words(column: str, kinds: set) -> None:
    assert kinds_hinted(column) == kinds


def masked(how: str, salt: bytes = b"pepper-and-salt") -> dict:
    scan = scan_table(CUSTOMERS, list(KINDS), 1000)
    table, _done = masking.mask_table(CUSTOMERS, masking.plan(scan), how, salt)
    assert table.column_names == CUSTOMERS.column_names
    for name in ("customer", "signed_up", "amount"):
        assert table.column(name) == CUSTOMERS.column(name)
    return table.to_pydict()


def test_redacted_nothing_of_a_value_is_left_and_gaps_stay() -> None:
    columns = masked("redact")
    assert columns["contact"] == ["[email]"] * 3 + [None] + ["[email]"] * 2
    assert columns["cc_number"] == ["[card]", "[card]", None, "[card]", "[card]", "[card]"]
    assert columns["note"][:3] == ["call [phone]", "nothing", "mail [email] or [email]"]


def test_in_part_the_end_of_a_number_and_the_year_of_a_birth_are_left() -> None:
    columns = masked("partial")
    assert columns["contact"][0] == "a***@example.org"
    assert columns["paid_to"][2] == "GB** **** **** **** **54 32"
    assert columns["cc_number"][0] == "************1111"
    assert columns["DateOfBirth"][:3] == ["1984", "1990", None]
    assert columns["seen_from"][0] == "192.0.2.0"
    assert columns["last_name"][0] == "L."
    assert columns["note"][0] == "call +** ** **** **58"


def test_codes_are_equal_where_the_values_are_and_hang_on_the_salt() -> None:
    columns = masked("hash")
    assert columns["seen_from"][0] == columns["seen_from"][5] != columns["seen_from"][1]
    assert columns["seen_from"][4] is None
    assert len({code for code in columns["contact"] if code}) == 5
    assert masked("hash", b"another-salt")["contact"][0] != columns["contact"][0]


def test_a_report_shows_no_value_whole() -> None:
    shown = str(report(scan_table(CUSTOMERS, list(KINDS), 1000)).tree())
    for name in ("contact", "paid_to", "cc_number", "DateOfBirth", "last_name", "seen_from"):
        for value in CUSTOMERS.column(name).to_pylist():
            assert not value or str(value).strip() not in shown


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=30) | st.none(), max_size=20), st.sampled_from(["redact", "hash", "partial"]))
def test_any_texts_are_masked_as_a_whole_where_their_column_is_named(texts: list, how: str) -> None:
    table = pa.table({"x": pa.array(texts, pa.string())})
    scan_table(table, list(KINDS), 100)
    result, done = masking.mask_table(table, {"x": []}, how, b"salt")
    values = result.column("x").to_pylist()
    assert [value is None for value in values] == [text is None for text in texts]
    assert [one.what for one in done] == ["everything"]
    assert all(len(text) < 5 or text not in value for text, value in zip(texts, values, strict=True) if text)


def test_tables_of_any_type_and_without_rows_are_looked_into() -> None:
    table = pa.table(
        {
            "email": pa.array([], pa.string()),
            "l": pa.array([], pa.list_(pa.int8())),
            "n": pa.array([], pa.null()),
            "d": pa.array([], pa.decimal128(5, 2)),
            "c": pa.array([], pa.string()).dictionary_encode(),
        }
    )
    assert found_in(table) == {}
    full = pa.table({"c": pa.array(["ada@example.org", None]).dictionary_encode(), "l": [[1], None], "b": [True, None]})
    assert [column for column, what in found_in(full)] == ["c"]


def test_what_is_a_part_of_what_fills_a_column_is_not_told_again() -> None:
    table = pa.table(
        {"account": ["DE89 3704 0044 0532 0130 00", "GB82 WEST 1234 5698 7654 32", "FR1420041010050500013M02606"]}
    )
    assert set(found_in(table)) == {("account", "IBAN")}


def test_where_few_values_are_personal_the_others_stay() -> None:
    table = pa.table({"said": ["ada@example.org", "fine", "good", "ask bob@example.com", "well", "so so"]})
    masked, _done = masking.mask_table(table, masking.plan(scan_table(table, list(KINDS), 10)), "redact", b"")
    assert masked.column("said").to_pylist() == ["[email]", "fine", "good", "ask [email]", "well", "so so"]


def test_a_card_in_a_note_is_told_though_one_number_in_ten_passes_by_chance() -> None:
    found = found_in(pa.table({"note": ["paid with 4111 1111 1111 1111", "cash", ""]}))
    assert found["note", "payment card"].confidence == "low"
    assert found_in(pa.table({"note": ["order 4111 1111 1111 1112", "cash"]})) == {}
