"""Bank accounts, payment cards, addresses in a network and telephone numbers: how many characters of a match hold.

Each function takes what a pattern found, and returns the length of its beginning that is one; 0 where none is.
"""

import ipaddress
import re

from .checksums import luhn, mod_97

IBAN_LENGTHS = {
    code: length
    for length, codes in {
        15: "NO",
        16: "BE",
        18: "DK FI FO GL NL FK SD",
        19: "MK SI",
        20: "AT BA EE KZ LT LU XK MN",
        21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA",
        23: "AE GI IL IQ TL OM SO",
        24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST",
        26: "IS TR",
        27: "BI DJ FR GR IT MC MR SM",
        28: "AL AZ BY CY DO GT HU LB NI PL SV",
        29: "BR EG PS QA UA",
        30: "JO KW MU YE",
        31: "MT SC",
        32: "LC",
        33: "RU",
    }.items()
    for code in codes.split()
}
"""By country, of the SWIFT registry of IBANs (ISO 13616)."""
CARD = re.compile(
    r"4\d{12}(?:\d{3}){0,2}"
    r"|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}"
    r"|3[47]\d{13}|3(?:0[0-5]|095|[689]\d)\d{11,14}"
    r"|35(?:2[89]|[3-8]\d)\d{12,15}"
    r"|6(?:011|4[4-9]\d|5\d\d)\d{12,15}|62\d{14,17}"
    r"|(?:50|5[6-9]|6\d)\d{10,17}"
)
"""Issuers and the lengths that they use: Visa, Mastercard, American Express, Diners Club, JCB, Discover, UnionPay, Maestro."""
DATE = re.compile(r"\d{1,4}([-/. ])\d{1,2}\1\d{1,4}")


def iban(text: str) -> int:
    """As long as its country's are, with the two check digits of ISO 13616. Blanks do not count."""
    wanted = IBAN_LENGTHS.get(text[:2].upper(), 0)
    end, found = 0, ""
    while end < len(text) and len(found) < wanted:
        found += text[end].upper().strip()
        end += 1
    return end if wanted and len(found) == wanted and mod_97(found[4:] + found[:4]) == 1 else 0


def card(text: str) -> int:
    digits = re.sub(r"[ -]", "", text)
    same = len(set(digits)) == 1
    return len(text) if not same and CARD.fullmatch(digits) and luhn(digits) else 0


def ipv4(text: str) -> int:
    """What no two hosts share: neither ``127.0.0.1`` nor ``0.0.0.0``."""
    parts = text.split(".")
    plain = all(part == str(int(part)) and int(part) <= 255 for part in parts)
    return len(text) if plain and parts[0] not in ("0", "127", "255") else 0


def ipv6(text: str) -> int:
    try:
        found = ipaddress.IPv6Address(text)
    except ValueError:
        return 0
    return len(text) if int(found) > 1 else 0


def phone(text: str) -> int:
    """International as E.164 has it (8 to 15 digits), or ten digits of North America's plan."""
    digits = re.sub(r"\D", "", text).removeprefix("00" if text.startswith("00") else "")
    if DATE.fullmatch(text):
        return 0
    if text.startswith(("+", "00")):
        return len(text) if 8 <= len(digits) <= 15 else 0
    return len(text) if len(digits) == 10 else 0


def any_phone(text: str) -> int:
    """Where the column says that it holds telephone numbers: 6 to 15 digits."""
    return len(text) if 6 <= len(re.sub(r"\D", "", text)) <= 15 and not DATE.fullmatch(text) else 0
