"""Versions and ranges in documents, where they stand as text."""

from __future__ import annotations

from automatosx_nb.model.semver.range import Range
from automatosx_nb.model.semver.version import Version


def as_text(value: object) -> str:
    """An ``enc_hook`` for msgspec, which knows neither.

    :raises NotImplementedError: it is something else, as msgspec wants it said.
    """
    if isinstance(value, Version | Range):
        return str(value)
    raise NotImplementedError(f"a {type(value).__name__} is no part of a document")
