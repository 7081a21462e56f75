"""What is looked for. A pattern finds what has the shape, a check says how much of it is what it seems.

The patterns are read by Arrow (RE2) over whole columns and by Python on what that found, so they use what both have.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from . import national, numbers

EMAIL, PHONE, IBAN, CARD, IP = "email", "phone", "iban", "card", "ip"
BIRTH_DATE, NATIONAL_ID, NAME, ADDRESS = "birth-date", "national-id", "name", "address"
KINDS = (EMAIL, PHONE, IBAN, CARD, IP, BIRTH_DATE, NATIONAL_ID, NAME, ADDRESS)

HINTS = {
    EMAIL: "email mail emailaddress mailaddress courriel correo",
    PHONE: "phone telephone phonenumber tel mobile cell fax telefon handy telefono",
    IBAN: "iban bankaccount accountnumber",
    CARD: "card cardnumber creditcard cc ccnumber pan",
    IP: "ip ipaddress ipaddr clientip remoteaddr ipv4 ipv6",
    BIRTH_DATE: "birth birthdate birthday dob dateofbirth born geburtsdatum geburtstag naissance nacimiento",
    NATIONAL_ID: "ssn nationalid personalid pesel dni nie nir bsn ahv cpf hetu personnummer nhs nhsnumber taxid steuerid",
    NAME: "firstname lastname surname fullname givenname familyname forename vorname nachname prenom apellido",
    ADDRESS: "address street postaladdress homeaddress streetaddress strasse adresse rue direccion",
}
"""Words of a column's name, or several of them written together, that say what is in it."""


@dataclass(frozen=True)
class Detector:
    """``check`` returns how many characters of a match are one."""

    kind: str
    what: str
    pattern: str
    check: Callable
    strong: bool = True
    """False: one value in thirty or more of those with the shape passes by chance, so that one alone proves nothing."""
    hinted: str = ""
    """Wider, where the column's name says what it holds; then ``hinted_check`` counts."""
    hinted_check: Callable | None = None


def whole(text: str) -> int:
    return len(text)


def email(text: str) -> int:
    """RFC 5321's sizes; no dot at an end or beside another."""
    local = text.split("@")[0]
    plain = not local.startswith(".") and not local.endswith(".") and ".." not in text
    return len(text) if plain and len(local) <= 64 and len(text) <= 254 else 0


DETECTORS = (
    Detector(
        EMAIL, "e-mail address", r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,24}\b", email
    ),
    Detector(IBAN, "IBAN", r"\b[A-Za-z]{2}[0-9]{2}(?: ?[A-Za-z0-9]){11,30}\b", numbers.iban),
    Detector(CARD, "payment card", r"\b[0-9](?:[ -]?[0-9]){11,18}\b", numbers.card, strong=False),
    Detector(IP, "IPv4 address", r"\b[0-9]{1,3}(?:\.[0-9]{1,3}){3}\b", numbers.ipv4),
    Detector(IP, "IPv6 address", r"[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}", numbers.ipv6),
    Detector(
        PHONE,
        "telephone number",
        r"\+[0-9(][0-9 ()./-]{6,20}[0-9]|\b00[1-9][0-9 ()./-]{6,18}[0-9]\b"
        r"|\(?\b[2-9][0-9]{2}\)?[ .-] ?[0-9]{3}[.-][0-9]{4}\b",
        numbers.phone,
        hinted=r"[+(]{0,2}[0-9][0-9 ()./-]{4,20}[0-9]",
        hinted_check=numbers.any_phone,
    ),
    Detector(NATIONAL_ID, "Spanish DNI or NIE", r"\b[XYZxyz]?[0-9]{7,8}-?[A-Za-z]\b", national.spanish, strong=False),
    Detector(
        NATIONAL_ID,
        "French NIR",
        r"\b[12] ?[0-9]{2} ?[0-9]{2} ?[0-9][0-9ABab] ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}\b",
        national.french,
    ),
    Detector(
        NATIONAL_ID,
        "Italian fiscal code",
        r"\b[A-Za-z]{6}[0-9]{2}[A-EHLMPRSTa-ehlmprst][0-9]{2}[A-Za-z][0-9]{3}[A-Za-z]\b",
        national.italian,
    ),
    Detector(NATIONAL_ID, "Polish PESEL", r"\b[0-9]{11}\b", national.polish, strong=False),
    Detector(
        NATIONAL_ID, "German tax number", r"\b[0-9]{2} ?[0-9]{3} ?[0-9]{3} ?[0-9]{3}\b", national.german, strong=False
    ),
    Detector(NATIONAL_ID, "Dutch BSN", r"\b[0-9]{9}\b", national.dutch, strong=False),
    Detector(NATIONAL_ID, "Swiss AHV number", r"\b756\.?[0-9]{4}\.?[0-9]{4}\.?[0-9]{2}\b", national.swiss),
    Detector(
        NATIONAL_ID, "Brazilian CPF", r"\b[0-9]{3}\.?[0-9]{3}\.?[0-9]{3}-?[0-9]{2}\b", national.brazilian, strong=False
    ),
    Detector(NATIONAL_ID, "Finnish HETU", r"\b[0-9]{6}[-+A-FU-Y][0-9]{3}[0-9A-Y]\b", national.finnish),
    Detector(
        NATIONAL_ID,
        "Swedish personnummer",
        r"\b(?:[0-9]{2})?[0-9]{6}[-+]?[0-9]{4}\b",
        national.swedish,
        strong=False,
    ),
    Detector(NATIONAL_ID, "NHS number", r"\b[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4}\b", national.british, strong=False),
)
BY_NAME = (Detector(NAME, "name of a person", r"\S", whole), Detector(ADDRESS, "postal address", r"\S", whole))
"""Only a column's name tells of these."""


def kinds_hinted(column: str) -> set:
    """The kinds that the name of a column speaks of, as ``customer_e-mail`` and ``DateOfBirth`` do."""
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", column).lower().replace("ß", "ss")
    words = [word for word in re.split(r"[^a-z0-9]+", spaced) if word]
    joined = {"".join(words[at:end]) for at in range(len(words)) for end in range(at + 1, min(len(words), at + 4) + 1)}
    found = {kind for kind, hints in HINTS.items() if joined & set(hints.split())}
    if found & {EMAIL, IP}:
        found.discard(ADDRESS)  # the address in it is another
    return found
