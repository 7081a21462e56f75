"""What people type for a version or a range, made into what is read strictly. Only where a human types.

The rules are those of node-semver's ``loose``, ``clean`` and ``coerce``, and pip's ``==`` and commas. Text that is
valid as it stands keeps its meaning, and nothing is left out in silence: what cannot be read is refused.
"""

from __future__ import annotations

import re
from contextlib import suppress

from automatosx_nb.errors import InvalidRange, InvalidVersion
from automatosx_nb.model.semver.patterns import BUILD, PRERELEASE, SPACE
from automatosx_nb.model.semver.range import Range
from automatosx_nb.model.semver.version import MAX_LENGTH, Version

_DIGITS = r"[0-9]++"
_IDENTIFIERS = r"[0-9A-Za-z-]++(?:\.[0-9A-Za-z-]++)*+"
_REST = rf"(?:-?+({_IDENTIFIERS}))?+(\+{BUILD})?+"
_VERSION = rf"(?a)[v=\s]*+({_DIGITS}\.{_DIGITS}\.{_DIGITS}){_REST}\s*+"
_PART = rf"(?:{_DIGITS}|[xX*])"
_TERM = rf"(?a)(?<!\S)(\^|~>?+(?!=)|[<>]=?+)?+([v=\s]*+)({_PART}(?:\.{_PART})?+(?:\.{_PART})?+){_REST}(?!\S)"
_COMMA = r"(?a)\s*+,\s*+(?=[\^~<>=])"

COERCIBLE_LENGTH = 1024
"""Characters. In longer text nobody meant one version."""
_SHORT = r"[0-9]{1,16}"
_CORE = rf"(?:^|[^0-9])({_SHORT})(?:\.({_SHORT}))?(?:\.({_SHORT}))?"
_RELEASE = rf"{_CORE}(?:$|[^0-9])"
_ANY = rf"{_CORE}(?:-({PRERELEASE}))?(?:\+({BUILD}))?(?:$|[^0-9])"


def clean(text: str) -> Version:
    """A version with blanks around it, and ``=`` or ``v`` before it.

    :raises InvalidVersion: with a position in what is left of ``text``.
    """
    return Version.parse(text.strip(SPACE).lstrip("=v" + SPACE))


def loose_version(text: str) -> Version:
    """As :func:`clean`, and numbers may begin with zeros, and prereleases without a hyphen: ``v01.2.3rc1``.

    :raises InvalidVersion: what :meth:`Version.parse` finds, where this does not help.
    """
    found = re.fullmatch(_VERSION, text) if len(text) <= MAX_LENGTH else None
    if found is None:
        return Version.parse(text)
    numbers, prerelease, build = found.groups("")
    return Version.parse(_without_zeros(numbers, prerelease) + build)


def loose_range(text: str) -> Range:
    """A range whose versions are read as :func:`loose_version` does; a comma may stand before an operator.

    :raises InvalidRange: what :meth:`Range.parse` finds, where this does not help.
    """
    try:
        return Range.parse(text)
    except InvalidRange:
        if len(text) > MAX_LENGTH:
            raise
        sides = [re.sub(_TERM, _strict_term, re.sub(_COMMA, " ", side)) for side in text.split("||")]
        with suppress(InvalidRange):
            return Range.parse("||".join(sides))
        raise


def coerce(text: str, *, prereleases: bool = False, rightmost: bool = False) -> Version | None:
    """The first thing in ``text`` that looks like a version, missing numbers being 0; None where there is nothing.

    :param prereleases: with its prerelease and build metadata.
    :param rightmost: the last one; of ``1.2.3.4`` that is ``2.3.4``.
    """
    if len(text) > COERCIBLE_LENGTH:
        return None
    pattern = re.compile(_ANY if prereleases else _RELEASE)
    found = _rightmost(pattern, text) if rightmost else pattern.search(text)
    if found is None:
        return None
    major, minor, patch, prerelease, build = (*found.groups(), None, None)[:5]
    rest = f"{f'-{prerelease}' if prerelease else ''}{f'+{build}' if build else ''}"
    with suppress(InvalidVersion):
        return Version.parse(f"{major}.{minor or 0}.{patch or 0}{rest}")
    return None


def _rightmost(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """The last match that does not end where one that begins before it does."""
    best = None
    found = pattern.search(text)
    while found and (best is None or best.end() != len(text)):
        if best is None or found.end() != best.end():
            best = found
        found = pattern.search(text, found.end(1))
    return best


def _strict_term(found: re.Match[str]) -> str:
    operator, before, numbers, prerelease, build = found.groups("")
    if operator in ("<", ">") and before.lstrip(SPACE).startswith("="):
        operator += "="
    return f"{operator}{_without_zeros(numbers, prerelease)}{build}"


def _without_zeros(numbers: str, prerelease: str) -> str:
    version = ".".join(map(_without_leading, numbers.split(".")))
    return f"{version}-{'.'.join(map(_without_leading, prerelease.split('.')))}" if prerelease else version


def _without_leading(part: str) -> str:
    return part.lstrip("0") or "0" if part.isdigit() else part
