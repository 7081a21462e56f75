"""A search as the parameters of an address, and back: what a client asks is what the server reads."""

from __future__ import annotations

from collections.abc import Mapping

from automatosx_nb.errors import InvalidSearch
from automatosx_nb.model.release import SearchQuery
from automatosx_nb.model.surroundings import Surroundings

NAMES = (
    *("q", "category", "publisher", "verified", "permission", "risk", "stage", "signed", "compatible"),
    *("sort", "size", "cursor"),
)
_FLAGS = ("verified", "signed")
_VALUES = {"true": True, "false": False}
MAX_PACKAGES_TEXT = 6000
"""Characters of an environment that go into an address: proxies refuse addresses of more than 8,000."""


def query_of(said: Mapping[str, str]) -> SearchQuery:
    """An empty value was not said.

    :raises InvalidSearch: for a parameter that is none, or one that cannot be read.
    """
    for name in said:
        if name not in NAMES:
            raise InvalidSearch("query", f"asked with a parameter {name[:60]!r}", f"one of {', '.join(NAMES)}")
    known = {name: value for name, value in said.items() if value}
    size = known.pop("size", "24")
    if not (size.isascii() and size.isdigit() and len(size) < 10):
        raise InvalidSearch("size", repr(size[:60]), "a whole number")
    flags = {name: _flag(name, known.pop(name)) for name in _FLAGS if name in known}
    compatible = Surroundings.parse(known.pop("compatible")) if "compatible" in known else None
    return SearchQuery(text=known.pop("q", ""), size=int(size), compatible=compatible, **flags, **known)  # type: ignore[arg-type]


def parameters_of(query: SearchQuery, *, most: int = MAX_PACKAGES_TEXT) -> dict[str, str]:
    """In the order of :data:`NAMES`, without what says nothing.

    Where an environment takes more than ``most`` characters, its packages are not said, and leave no plugin out. A
    server says what it was asked: a cursor goes with all of it.
    """
    said = {name: query.text if name == "q" else _text(getattr(query, name)) for name in NAMES if name != "compatible"}
    if query.compatible is not None:
        said["compatible"] = _fitting(query.compatible, most)
    return {name: said[name] for name in NAMES if said.get(name)}


def _fitting(here: Surroundings, most: int) -> str:
    whole = str(here)
    return whole if len(whole) <= most else str(Surroundings(here.engine, here.python, here.platform))


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _flag(name: str, text: str) -> bool:
    if text not in _VALUES:
        raise InvalidSearch(name, repr(text[:60]), "true or false")
    return _VALUES[text]
