"""How long a text becomes where it is written down: as JSON (RFC 8259), and escaped for HTML.

A saved notebook holds what a plugin returned in one of the two, and a byte of it can take six there.
"""

from __future__ import annotations

MOST = 6
"""Bytes that one byte takes at most, as in ``\\u0001`` and ``&quot;``."""

_IN_JSON = bytes({*range(32), 127} - {*b"\b\t\n\f\r"})
_IN_HTML = b"\"'&<>"
_DOUBLED = b'\b\t\n\f\r\\"'


def json_size(value: object) -> int:
    """An upper bound of the bytes that the strings in a JSON value take as JSON; other values aside."""
    total = 0
    waiting = [value]
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):
            total += _size(node, _IN_JSON)
        elif isinstance(node, dict):
            waiting += node
            waiting += node.values()
        elif isinstance(node, list | tuple):
            waiting += node
    return total


def html_size(text: str) -> int:
    """An upper bound of the bytes that ``text`` takes as HTML in a notebook's file, which is JSON."""
    return _size(text, _IN_JSON + _IN_HTML)


def _size(text: str, six_times: bytes) -> int:
    data = text.encode("utf-8", "surrogatepass")
    return len(data) + (MOST - 1) * _count(data, six_times) + _count(data, _DOUBLED)


def _count(data: bytes, these: bytes) -> int:
    return len(data) - len(data.translate(None, these))
