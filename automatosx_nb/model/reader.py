"""Reading a parsed TOML document strictly, with every problem collected and none raised.

A :class:`Spot` is a value together with its dotted path. Readers are functions ``Spot -> T | None``: they
return None after they wrote down a problem, so that one pass over a document finds all that is wrong with it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from automatosx_nb.errors import InvalidRange, InvalidVersion, ManifestProblem
from automatosx_nb.errors.root import caret
from automatosx_nb.model.spelling import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

T = TypeVar("T")

MAX_PROBLEMS = 100
"""How many problems are told one by one; what is over is counted."""
MAX_ITEMS = 64
"""Most items of any list in a manifest."""
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that make a text look like another one (https://www.unicode.org/reports/tr36/)."""


@dataclass(slots=True)
class Problems:
    """What was found wrong so far, in reading order."""

    told: list[ManifestProblem] = field(default_factory=list)
    untold: int = 0

    def add(
        self, path: str, found: str, valid: str, *, word: str = "", known: Iterable[str] = (), pointer: str = ""
    ) -> None:
        """``word`` is what was misspelled, ``known`` what it could have been."""
        if len(self.told) >= MAX_PROBLEMS:
            self.untold += 1
            return
        spellings = {name.lower(): name for name in known}
        hits = nearest(word[:64].lower(), spellings) if word else ()
        self.told.append(ManifestProblem(path, found, valid, tuple(spellings[hit] for hit in hits), pointer))

    def all(self) -> tuple[ManifestProblem, ...]:
        if not self.untold:
            return tuple(self.told)
        rest = ManifestProblem("", f"{self.untold} further problems", "a file with the ones above corrected")
        return (*self.told, rest)


def key_path(path: str, key: str) -> str:
    """``path.key``, the key quoted where TOML would need it to be."""
    shown = key if _BARE_KEY.fullmatch(key) else f'"{_cut(key)}"'
    return f"{path}.{shown}" if path else shown


def describe(value: object) -> str:
    """A TOML value as a sentence names it: short ones as they are written, tables and lists by their kind."""
    if isinstance(value, str):
        return repr(_cut(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if abs(value) < 10**18 else "an integer of many digits"
    if isinstance(value, float):
        return str(value)
    if value is None:
        return "null"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    return "a date or time"


def unprintable(text: str) -> str | None:
    """The first character of ``text`` that a person cannot see or that reorders the rest, as ``U+202E``."""
    for character in text:
        if character in _BIDI or unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp"):
            return f"U+{ord(character):04X}"
    return None


def _cut(text: str, most: int = 60) -> str:
    return text if len(text) <= most else text[:most] + "…"


@dataclass(frozen=True, slots=True)
class Spot:
    """One value of the document: ``path`` is dotted, as in ``contributes.magics[0].name``."""

    value: object
    path: str
    problems: Problems

    def refuse(
        self, valid: str, *, found: str | None = None, word: str = "", known: Iterable[str] = (), pointer: str = ""
    ) -> None:
        shown = describe(self.value) if found is None else found
        self.problems.add(self.path, shown, valid, word=word, known=known, pointer=pointer)

    def refuse_at(self, valid: str, error: InvalidVersion | InvalidRange) -> None:
        """As :meth:`refuse`, with a caret under the character at which the text stops being valid."""
        found = f"{error.text[:60]!r} ({error.reason}, at character {error.position + 1})"
        self.refuse(valid, found=found, pointer=caret(error.text, error.position, indent=6))

    def table(self, valid: str = "a table") -> Table | None:
        if isinstance(self.value, dict):
            return Table(self.value, self.path, self.problems)
        self.refuse(valid)
        return None


class Table:
    """A table whose keys are asked for one by one; :meth:`finish` refuses those that nobody asked for."""

    def __init__(self, data: Mapping[str, object], path: str, problems: Problems) -> None:
        self._data = data
        self._path = path
        self._problems = problems
        self._known: dict[str, None] = {}

    def has(self, key: str) -> bool:
        return key in self._data

    def need(self, key: str, read: Callable[[Spot], T | None], valid: str) -> T | None:
        """The value of a key that has to be there; ``valid`` says what belongs in it when it is missing."""
        spot = self._spot(key)
        if spot is None:
            self._problems.add(key_path(self._path, key), "nothing", f"{valid} (the key is required)")
            return None
        return read(spot)

    def get(self, key: str, read: Callable[[Spot], T | None]) -> T | None:
        """The value of a key that may be missing; None also where it was refused."""
        spot = self._spot(key)
        return None if spot is None else read(spot)

    def entries(self, *, aside: Iterable[str] = ()) -> Iterator[tuple[str, Spot]]:
        """Every key and its value, for tables whose keys are data; ``aside`` are keys with a meaning."""
        for key in self._data:
            if key not in aside:
                spot = self._spot(key)
                assert spot is not None
                yield key, spot

    def refuse(self, key: str, valid: str) -> None:
        """Writes down that the value of ``key``, which is there, does not fit."""
        Spot(self._data[key], key_path(self._path, key), self._problems).refuse(valid)

    def finish(self, *, aside: Collection[str] = ()) -> None:
        """Refuse the keys that nobody asked for; ``aside`` are those that were refused already."""
        for key in self._data:
            if key not in self._known and key not in aside:
                self._problems.add(
                    key_path(self._path, key),
                    "an unknown key",
                    f"one of {', '.join(self._known)}",
                    word=key,
                    known=self._known,
                )

    def _spot(self, key: str) -> Spot | None:
        self._known[key] = None
        if key not in self._data:
            return None
        return Spot(self._data[key], key_path(self._path, key), self._problems)


# --- readers that every part of a manifest shares ---


def line(most: int) -> Callable[[Spot], str | None]:
    """A reader of one printable line of at most ``most`` characters, for people to read."""

    def read(spot: Spot) -> str | None:
        valid = f"a line of text, 1 to {most} characters"
        if not isinstance(spot.value, str) or not spot.value.strip() or len(spot.value) > most:
            spot.refuse(valid)
            return None
        hidden = unprintable(spot.value)
        if hidden is not None:
            spot.refuse(f"{valid}, without control characters", found=f"a text with {hidden}")
            return None
        return spot.value.strip()

    return read


def matching(pattern: re.Pattern[str], valid: str) -> Callable[[Spot], str | None]:
    """A reader of a text that ``pattern`` matches wholly."""

    def read(spot: Spot) -> str | None:
        if isinstance(spot.value, str) and pattern.fullmatch(spot.value):
            return spot.value
        spot.refuse(valid)
        return None

    return read


def one_of(words: Iterable[str], what: str) -> Callable[[Spot], str | None]:
    """A reader of a word of a closed list."""
    known = tuple(words)

    def read(spot: Spot) -> str | None:
        if isinstance(spot.value, str) and spot.value in known:
            return spot.value
        word = spot.value if isinstance(spot.value, str) else ""
        spot.refuse(f"{what}: {', '.join(known)}", word=word, known=known)
        return None

    return read


def boolean(spot: Spot) -> bool | None:
    if isinstance(spot.value, bool):
        return spot.value
    spot.refuse("true or false")
    return None


def tuple_of(
    read: Callable[[Spot], T | None], valid: str, *, least: int = 0, most: int = MAX_ITEMS
) -> Callable[[Spot], tuple[T, ...] | None]:
    """A reader of a list without repetitions, of ``least`` to ``most`` items."""

    def read_all(spot: Spot) -> tuple[T, ...] | None:
        if isinstance(spot.value, list) and len(spot.value) > most:
            spot.refuse(f"at most {most} items", found=f"a list of {len(spot.value)}")
            return None
        if not isinstance(spot.value, list) or len(spot.value) < least:
            spot.refuse(valid)
            return None
        found: list[T] = []
        for index, entry in enumerate(spot.value):
            item = Spot(entry, f"{spot.path}[{index}]", spot.problems)
            value = read(item)
            if value is None:
                continue
            if value in found:
                item.refuse("each item once", found="the same as an item before it")
            found.append(value)
        return tuple(found)

    return read_all
