"""JSON as RFC 8259 has it, and nothing that Python reads beside that."""

from __future__ import annotations

import json
from typing import Any


def read_json(text: str | bytes) -> Any:
    """:raises ValueError: it is no JSON, has infinities or NaN (RFC 8259, 6), or is nested too deeply."""
    try:
        return json.loads(text, parse_constant=_no_constant)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _no_constant(name: str) -> Any:
    raise ValueError(name)
