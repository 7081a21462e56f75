"""TOML documents, read with every problem written down and none raised."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from automatosx_nb.errors import ManifestProblem

if TYPE_CHECKING:
    from automatosx_nb.model.reader import Problems

_MAX_KEY_PARTS = 32
_LONG_KEY = re.compile(
    r"""(?<![A-Za-z0-9_-])(?:(?:[A-Za-z0-9_-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+)"""
    rf"{{{_MAX_KEY_PARTS}}}"
)
"""A dotted key so long that tomllib, which takes quadratic time over its parts, would need seconds."""
_PLACE = re.compile(r"^(.*) \(at (?:line (\d+), column (\d+)|end of document)\)$", re.DOTALL)


def load(text: str, problems: Problems, *, most_kb: int, page: str) -> dict[str, Any] | None:
    """The document; None after its one problem was written down.

    :param most_kb: largest text, KiB of UTF-8.
    :param page: where its format is documented.
    """
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > most_kb * 1024:
        problems.add("", f"a text of {size} bytes", f"at most {most_kb} KiB")
        return None
    long_key = _LONG_KEY.search(text)
    if long_key:
        place = f"line {text.count(chr(10), 0, long_key.start()) + 1}"
        problems.add(place, f"a key of more than {_MAX_KEY_PARTS} dotted parts", f"the keys of {page}")
        return None
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problems.told.append(_syntax(text, str(error)))
    except RecursionError:
        problems.add("", "tables or lists nested too deeply", f"the nesting that {page} shows")
    except ValueError:  # not a TOMLDecodeError: int() reads no more than 4300 digits
        problems.add("", "a number of too many digits", "numbers of ordinary size")
    return None


def _syntax(text: str, message: str) -> ManifestProblem:
    """From tomllib's message, which ends in ``(at line 3, column 7)`` or ``(at end of document)``."""
    match = _PLACE.match(message)
    lines = text.split("\n")
    reason, row, column = match.groups() if match else (message, None, None)
    number = int(row) if row else len(lines)
    place = f"line {number}, column {column or len(lines[-1]) + 1}"
    shown = lines[number - 1].strip()[:60]
    found = f"{shown!r} ({reason})" if shown else f"a syntax error ({reason})"
    return ManifestProblem(place, found, "TOML 1.0 (https://toml.io/en/v1.0.0)")
