"""Check digits: documented numbers hold, and no number holds once a digit is another."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from privacy_scan import checksums, national, numbers

FEW = settings(max_examples=50, deadline=None)
DIGITS = "0123456789"
KNOWN = [
    (numbers.iban, "DE89 3704 0044 0532 0130 00"),
    (numbers.iban, "GB82WEST12345698765432"),
    (numbers.iban, "FR1420041010050500013M02606"),
    (numbers.iban, "NO9386011117947"),
    (numbers.card, "4111 1111 1111 1111"),
    (numbers.card, "5555555555554444"),
    (numbers.card, "378282246310005"),
    (numbers.card, "6011111111111117"),
    (numbers.card, "3530111333300000"),
    (numbers.card, "30569309025904"),
    (numbers.card, "2223003122003222"),
    (national.spanish, "12345678Z"),
    (national.spanish, "X1234567L"),
    (national.french, "255081416802538"),
    (national.italian, "RSSMRA85T10A562S"),
    (national.german, "86 095 742 719"),
    (national.polish, "44051401359"),
    (national.dutch, "111222333"),
    (national.swiss, "756.9217.0769.85"),
    (national.brazilian, "111.444.777-35"),
    (national.finnish, "131052-308T"),
    (national.swedish, "811228-9874"),
    (national.british, "943 476 5919"),
]


@pytest.mark.parametrize(("check", "number"), KNOWN)
def test_a_documented_number_holds_and_none_that_differs_in_one_digit(check: object, number: str) -> None:
    assert check(number) == len(number)
    for at, was in enumerate(number):
        changed = [number[:at] + digit + number[at + 1 :] for digit in DIGITS if was in DIGITS and digit != was]
        wrong = [each for each in changed if check(each)]
        assert len(wrong) <= (1 if check is national.brazilian else 0), wrong


@FEW
@given(st.text(DIGITS, min_size=11, max_size=18))
def test_exactly_one_digit_completes_a_number_by_luhn(digits: str) -> None:
    assert sum(checksums.luhn(digits + last) for last in DIGITS) == 1


@FEW
@given(st.text(DIGITS, min_size=18, max_size=18), st.data())
def test_an_iban_made_by_the_standard_holds_and_no_two_digits_beside_each_other_swap_unnoticed(
    account: str, data: st.DataObject
) -> None:
    digits = 98 - checksums.mod_97(account + "DE" + "00")
    iban = f"DE{digits:02}{account}"
    assert numbers.iban(iban) == 22
    at = data.draw(st.integers(4, 20))
    assume(iban[at] != iban[at + 1])
    assert numbers.iban(iban[:at] + iban[at + 1] + iban[at] + iban[at + 2 :]) == 0


@FEW
@given(st.text(DIGITS, min_size=10, max_size=10))
def test_exactly_one_digit_completes_a_number_by_mod_11_10(digits: str) -> None:
    assert sum(checksums.mod_11_10(digits + last) for last in DIGITS) == 1


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (numbers.card, "4444444444444444"),
        (numbers.card, "1234567812345670"),
        (numbers.ipv4, "256.1.1.1"),
        (numbers.ipv4, "010.1.1.1"),
        (numbers.ipv4, "127.0.0.1"),
        (numbers.ipv6, "12:30:45"),
        (numbers.ipv6, "::1"),
        (numbers.phone, "01-02-2024"),
        (numbers.phone, "+49 123"),
        (numbers.iban, "XX8937040044053201300"),
        (national.polish, "44051401358"),
        (national.german, "11111111111"),
    ],
)
def test_what_only_looks_like_one_does_not_hold(check: object, text: str) -> None:
    assert check(text) == 0


def test_of_a_longer_match_only_the_account_holds() -> None:
    assert numbers.iban("DE89 3704 0044 0532 0130 00 is mine") == len("DE89 3704 0044 0532 0130 00")
