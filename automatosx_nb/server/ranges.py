"""One range of bytes of an artifact (RFC 9110, section 14): a client goes on where its connection broke."""

from __future__ import annotations

import re

_RANGE = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})", re.IGNORECASE)


def requested(header: str | None, condition: str | None, etag: str, size: int) -> tuple[int, int] | None:
    """First byte and the one after the last that are asked for; None: all of them.

    ``header`` and ``condition`` are ``Range`` and ``If-Range``. What is no single range of bytes counts as not asked
    for, as the RFC has it.

    :raises ValueError: no byte is in the range.
    """
    found = _RANGE.fullmatch((header or "").replace(" ", ""))
    if found is None or condition not in (None, etag):
        return None
    first, last = found.groups()
    if not first:
        return _suffix(last, size)
    start, stop = int(first), min(int(last) + 1 if last else size, size)
    if last and int(last) < start:
        return None
    if start >= size:
        raise ValueError(f"byte {start} of {size}")
    return start, stop


def _suffix(length: str, size: int) -> tuple[int, int] | None:
    if not length:
        return None
    if not int(length) or not size:
        raise ValueError(f"the last {length} bytes of {size}")
    return max(0, size - int(length)), size
