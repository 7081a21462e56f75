"""National identity numbers, only those whose check digits prove them; each function is as those of ``numbers``."""

import datetime
import re

from . import checksums


def digits_of(text: str) -> str:
    return re.sub(r"\D", "", text)


def is_date(year: int, month: int, day: int) -> bool:
    try:
        datetime.date(year, month, day)
    except ValueError:
        return False
    return True


def spanish(text: str) -> int:
    """DNI and NIE: the letter is the number modulo 23."""
    plain = text.upper().replace("-", "")
    number = int(plain[:-1].replace("X", "0").replace("Y", "1").replace("Z", "2"))
    return len(text) if len(plain) == 9 and "TRWAGMYFPDXBNJZSQVHLCKE"[number % 23] == plain[-1] else 0


def french(text: str) -> int:
    """NIR: the last two digits are 97 less the number modulo 97; Corsica's departments count as 19 and 18."""
    plain = text.replace(" ", "").upper()
    number = plain[:13].replace("2A", "19").replace("2B", "18")
    month = int(plain[3:5])
    if not number.isdigit() or not (1 <= month <= 12 or 20 <= month <= 42 or month >= 50):
        return 0
    return len(text) if 97 - int(number) % 97 == int(plain[13:]) else 0


def italian(text: str) -> int:
    return len(text) if checksums.italian(text.upper()) else 0


def german(text: str) -> int:
    """Tax number (IdNr): of its first ten digits one occurs twice or thrice, and every other once at most."""
    digits = digits_of(text)
    counts = sorted((digits[:10].count(digit) for digit in set(digits[:10])), reverse=True)
    shaped = digits[0] != "0" and counts[0] in (2, 3) and counts[1] == 1
    return len(text) if shaped and checksums.mod_11_10(digits) else 0


def polish(text: str) -> int:
    """PESEL: a date of birth, whose month also tells the century, and a check digit."""
    year, month, day = int(text[:2]), int(text[2:4]), int(text[4:6])
    century = {0: 1900, 1: 2000, 2: 2100, 3: 2200, 4: 1800}[month // 20]
    if not is_date(century + year, month % 20, day):
        return 0
    return len(text) if checksums.weighted(text, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0 else 0


def dutch(text: str) -> int:
    """BSN: the eleven test, in which the last digit counts -1."""
    total = checksums.weighted(text, (9, 8, 7, 6, 5, 4, 3, 2, -1))
    return len(text) if total % 11 == 0 and len(set(text)) > 1 else 0


def swiss(text: str) -> int:
    """AHV number: 756 and ten digits, of which the last is that of an EAN-13."""
    return len(text) if checksums.ean_13(digits_of(text)) else 0


def brazilian(text: str) -> int:
    """CPF: two check digits modulo 11."""
    digits = digits_of(text)
    if len(set(digits)) == 1:
        return 0
    for at in (9, 10):
        total = checksums.weighted(digits[:at], tuple(range(at + 1, 1, -1)))
        if total * 10 % 11 % 10 != int(digits[at]):
            return 0
    return len(text)


def finnish(text: str) -> int:
    """HETU: a date of birth, and a character that is the number modulo 31."""
    number = int(text[:6] + text[7:10])
    day, month = int(text[:2]), int(text[2:4])
    century = {"+": 1800, "-": 1900}.get(text[6], 2000 if text[6] in "ABCDEF" else 1900)
    if not is_date(century + int(text[4:6]), month, day):
        return 0
    return len(text) if "0123456789ABCDEFHJKLMNPRSTUVWXY"[number % 31] == text[10].upper() else 0


def swedish(text: str) -> int:
    """Personnummer: a date of birth, and Luhn's check digit over its last ten digits; the year may have all four."""
    digits = digits_of(text)[-10:]
    leap = 2000 + int(digits[:2])
    if not is_date(leap, int(digits[2:4]), int(digits[4:6]) % 60):
        return 0
    return len(text) if checksums.luhn(digits) else 0


def british(text: str) -> int:
    """NHS number: modulo 11."""
    digits = digits_of(text)
    check = 11 - checksums.weighted(digits, (10, 9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return len(text) if len(set(digits)) > 1 and check % 11 == int(digits[9]) and check != 10 else 0
