"""One version. It carries its precedence key, so comparing two versions is comparing two tuples.

The key of a release is ``(major, minor, patch, 1)``; that of a prerelease ``(major, minor, patch, 0, ...)`` with
two elements for each identifier: ``0, number`` or ``1, text``. Tuples of that shape order as paragraph 11 of the
specification says: a prerelease before its release, numbers before texts, fewer identifiers before more.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Self

from automatosx_nb.errors import InvalidVersion
from automatosx_nb.model.semver.patterns import BUILD, NUMBER, PRERELEASE

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_LENGTH = 256
"""Characters. Longer text is refused unread."""

_match = re.compile(rf"({NUMBER})\.({NUMBER})\.({NUMBER})(?:-({PRERELEASE}))?+(?:\+({BUILD}))?+").fullmatch

Key = tuple[int | str, ...]


def prerelease_key(text: str) -> Key:
    """The key elements of dotted identifiers."""
    key: list[int | str] = []
    for identifier in text.split("."):
        key += (0, int(identifier)) if identifier.isdigit() else (1, identifier)
    return tuple(key)


def key_text(key: Key) -> str:
    """The version that ``key`` is the key of, without build metadata."""
    release = f"{key[0]}.{key[1]}.{key[2]}"
    return release if key[3] else f"{release}-{'.'.join(map(str, key[5::2]))}"


class Version:
    """A version, ordered by precedence. Make one with :meth:`parse`, or from its parts.

    Build metadata has no precedence (paragraph 10), so ``1.0.0+a == 1.0.0+b``, with equal hashes: a set or a
    dictionary holds one of the two. ``str()`` gives the text back as it was parsed, build metadata included.
    """

    __slots__ = ("_build", "key")

    key: Key
    """What it is ordered by; see above."""
    _build: str | None

    def __init__(
        self,
        major: int,
        minor: int = 0,
        patch: int = 0,
        prerelease: Iterable[int | str] = (),
        build: Iterable[str] = (),
    ) -> None:
        """:raises InvalidVersion: where the parts do not make a version."""
        before = ".".join(map(str, prerelease))
        after = ".".join(build)
        text = f"{major}.{minor}.{patch}{f'-{before}' if before else ''}{f'+{after}' if after else ''}"
        self.key, self._build = _read(text)

    @classmethod
    def parse(cls, text: str) -> Self:
        """:raises InvalidVersion: with the position of the first character that does not fit."""
        version = cls.__new__(cls)
        version.key, version._build = _read(text)
        return version

    @classmethod
    def from_key(cls, key: Key) -> Self:
        """The version that ``key`` is the key of, without build metadata; as long as it may be."""
        version = cls.__new__(cls)
        version.key, version._build = key, None
        return version

    def __lt__(self, other: Version) -> bool:
        try:
            return self.key < other.key
        except AttributeError:
            return NotImplemented

    def __le__(self, other: Version) -> bool:
        try:
            return self.key <= other.key
        except AttributeError:
            return NotImplemented

    def __gt__(self, other: Version) -> bool:
        try:
            return self.key > other.key
        except AttributeError:
            return NotImplemented

    def __ge__(self, other: Version) -> bool:
        try:
            return self.key >= other.key
        except AttributeError:
            return NotImplemented

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    @property
    def major(self) -> int:
        return int(self.key[0])

    @property
    def minor(self) -> int:
        return int(self.key[1])

    @property
    def patch(self) -> int:
        return int(self.key[2])

    @property
    def prerelease(self) -> tuple[int | str, ...]:
        """Its identifiers, numeric ones as numbers; empty for a release."""
        return self.key[5::2]

    @property
    def build(self) -> tuple[str, ...]:
        return tuple(self._build.split(".")) if self._build else ()

    @property
    def total_key(self) -> tuple[Key, Key]:
        """Orders versions of the same precedence by their build metadata, none first, as npm's ``sort`` does."""
        return self.key, prerelease_key(self._build) if self._build else ()

    @property
    def is_prerelease(self) -> bool:
        return not self.key[3]

    def __str__(self) -> str:
        return f"{key_text(self.key)}+{self._build}" if self._build else key_text(self.key)

    def __repr__(self) -> str:
        return f"Version({str(self)!r})"

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)


def _read(text: str) -> tuple[Key, str | None]:
    """The key and the build metadata of a version's text."""
    found = _match(text) if len(text) <= MAX_LENGTH else None
    if found is None:
        raise _fault(text)
    major, minor, patch, prerelease, build = found.groups()
    if prerelease is None:
        return (int(major), int(minor), int(patch), 1), build
    return (int(major), int(minor), int(patch), 0, *prerelease_key(prerelease)), build


_NUMBER = re.compile(r"[0-9]*+")
_IDENTIFIER = re.compile(r"[0-9A-Za-z-]*+")


def _fault(text: str) -> InvalidVersion:
    """What is wrong with ``text``, read again slowly: only the way of an error pays for the position."""
    if len(text) > MAX_LENGTH:
        return InvalidVersion(text, MAX_LENGTH, f"it is longer than {MAX_LENGTH} characters")
    return InvalidVersion(text, *_first_fault(text))


def _first_fault(text: str) -> tuple[int, str]:
    position = 0
    for part in ("major", "minor", "patch"):
        if part != "major":
            if not text.startswith(".", position):
                return position, f"expected '.' and the {part} number"
            position += 1
        end = _end(_NUMBER, text, position)
        if end == position:
            return position, f"expected the {part} number"
        if text[position] == "0" and end - position > 1:
            return position, f"the {part} number has a leading zero"
        position = end
    for mark, part in (("-", "prerelease"), ("+", "build")):
        while text.startswith(mark, position):
            start = position + 1
            position, mark = _end(_IDENTIFIER, text, start), "."
            identifier = text[start:position]
            if not identifier:
                return start, f"a {part} identifier is empty"
            if part == "prerelease" and identifier.isdigit() and len(identifier) > 1 and identifier[0] == "0":
                return start, "a numeric prerelease identifier has a leading zero"
    return position, "this character does not belong here"


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    found = pattern.match(text, position)
    return found.end() if found else position
