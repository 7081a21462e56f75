"""Requests and replies, held against their schemas: JSON values, bytes and tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automatosx_nb.model.matching import fault_of
from automatosx_nb.model.schemas import BYTES, TABLE, Schema

MOST_VALUES = 50_000
"""Values in one request or reply, tables not counted: what is larger is a table."""
_WORDS = {TABLE: "a table", BYTES: "bytes"}


class Request:
    """What a service takes: each property of its schema is an argument."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._media = {
            name: each["contentMediaType"]
            for name, each in schema.get("properties", {}).items()
            if "contentMediaType" in each
        }

    def fault(self, arguments: Mapping[str, object]) -> str | None:
        """Why they do not fit; None: they do."""
        plain: dict[str, object] = {}
        for name, value in arguments.items():
            wanted = self._media.get(name)
            if media_of(value) != wanted:
                return f"{name} is {_said(value)}, and has to be {_WORDS.get(wanted or '', 'a JSON value')}"
            plain[name] = "" if wanted else value
        return not_json(plain, "the request") or fault_of(plain, self._schema, name="the request")


class Reply:
    """What a service gives."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._media: str | None = schema.get("contentMediaType")

    def fault(self, value: object) -> str | None:
        if media_of(value) != self._media:
            return f"the reply is {_said(value)}, and has to be {_WORDS.get(self._media or '', 'a JSON value')}"
        if self._media:
            return None
        return not_json(value, "the reply") or fault_of(value, self._schema, name="the reply")


def media_of(value: object) -> str | None:
    """What a value is that JSON has not; None: nothing of the kind."""
    if isinstance(value, bytes):
        return BYTES
    return TABLE if hasattr(value, "__arrow_c_stream__") else None


def size_of(value: object) -> int:
    """Bytes of a table or of bytes; 0 for what is small anyway."""
    return len(value) if isinstance(value, bytes) else int(getattr(value, "nbytes", 0) or 0)


def not_json(value: object, name: str) -> str | None:
    """Why ``value``, which came over the wire or from a notebook, is no JSON value; None: it is."""
    todo, seen = [value], 0
    while todo:
        node: Any = todo.pop()
        seen += 1
        if type(node) is dict:
            todo += node.values()
        elif type(node) is list or type(node) is tuple:
            todo += node
        elif not (node is None or type(node) in (str, int, float, bool)):
            return f"in {name} is {_said(node)}, where a JSON value has to be"
        if seen + len(todo) > MOST_VALUES:
            return f"{name} has more than {MOST_VALUES:,} values: send a table"
    return None


def _said(value: object) -> str:
    media = media_of(value)
    if media:
        return _WORDS[media]
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"
