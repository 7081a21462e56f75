"""Cursors: where a page of search results ended, as opaque text that a later request brings back."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import fields
from typing import TYPE_CHECKING

from automatosx_nb.errors import InvalidSearch

if TYPE_CHECKING:
    from automatosx_nb.model.release import SearchQuery

Position = tuple[float | str, ...]
"""A page's last item: what it is sorted by, its id, which makes that unique, how many there were up to it, and whether
some of the words were enough. The next page starts behind it, whatever was added; the number says how far to look."""
MAX_DEPTH = 10_000_000

_VALID = "a page's 'next', with the same text, filters and sort as that page"


def write(query: SearchQuery, position: Position) -> str:
    text = json.dumps([_search(query), *position], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read(query: SearchQuery, like: str) -> Position | None:
    """The position in ``query.cursor``. ``like`` has a letter for each part: ``f`` number, ``s`` text, ``n`` a count.

    :raises InvalidSearch: it is no cursor of ours, or that of another search.
    """
    if query.cursor is None:
        return None
    try:
        padded = query.cursor + "=" * (-len(query.cursor) % 4)
        found = json.loads(base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True))
    except (ValueError, RecursionError) as error:
        raise InvalidSearch("cursor", "not one of this registry's", _VALID) from error
    if not isinstance(found, list) or len(found) != len(like) + 1:
        raise InvalidSearch("cursor", "not one of this registry's", _VALID)
    if found[0] != _search(query):
        raise InvalidSearch("cursor", "from another search", _VALID)
    if not all(_fits(part, kind) for part, kind in zip(found[1:], like, strict=True)):
        raise InvalidSearch("cursor", "not one of this registry's", _VALID)
    return tuple(found[1:])


def _fits(part: object, kind: str) -> bool:
    if kind == "s":
        return isinstance(part, str)
    if kind == "n":
        return isinstance(part, int) and not isinstance(part, bool) and 0 <= part <= MAX_DEPTH
    return isinstance(part, int | float) and not isinstance(part, bool)


def _search(query: SearchQuery) -> str:
    asked = [getattr(query, each.name) for each in fields(query) if each.name not in ("cursor", "size")]
    return hashlib.sha256(json.dumps(asked, default=str).encode()).hexdigest()[:12]
