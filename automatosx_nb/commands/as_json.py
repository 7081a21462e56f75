"""What a verb found, or why it could not, as JSON for a program: docs/commands.md has the shapes."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields, is_dataclass
from itertools import takewhile
from math import isfinite
from typing import TYPE_CHECKING, Any

from automatosx_nb.model.printable import printable

if TYPE_CHECKING:
    from automatosx_nb.errors import AutomatosxError

OPTION = "--json"


def to_json(data: Any) -> str:
    """Records as JSON with sorted keys; what JSON does not have (versions, paths, NaN) as its text, bytes as Base64.

    In ASCII where a terminal that shows it would do something else with one of its characters.
    """
    made = json.dumps(_plain(data), indent=2, sort_keys=True, ensure_ascii=False, default=str, allow_nan=False)
    return made if printable(made) == made else json.dumps(json.loads(made), indent=2)


def error_to_json(error: AutomatosxError, prefix: str) -> str:
    """``code`` and ``detail`` are what REST's problem documents have; ``about`` is what the error carries.

    :param prefix: what comes before a verb where this is read.
    """
    about = {name: getattr(error, name) for name in error.fields()}
    return to_json({"error": {"code": error.code, "detail": told(error, prefix), "about": about}})


def told(error: AutomatosxError, prefix: str) -> str:
    """What it says, with what comes before a verb where it is read."""
    return verbs_read_as(str(error), prefix)


def verbs_read_as(words: str, prefix: str) -> str:
    """``words`` with ``prefix`` before each verb, as it is typed where they are read."""
    return words.replace("%ax ", f"{prefix} ")


def asks_for_json(words: Sequence[str]) -> bool:
    """Whether the verb's own words ask for JSON, also where they do not fit it; behind ``--`` are somebody else's.

    So are those behind the plugin's id of ``run``: they are the command's.
    """
    own = takewhile(lambda word: word != "--", words)
    if words[:1] == ["run"]:
        own = takewhile(lambda word: word.startswith("-"), words[1:])
    return OPTION in own


def _plain(data: Any) -> Any:
    match data:
        case float() if not isfinite(data):
            return str(data)
        case Mapping():
            return {str(name): _plain(value) for name, value in data.items()}
        case str():
            return data
        case bytes():
            return b64encode(data).decode()
        case Collection():
            return [_plain(each) for each in data]
    if is_dataclass(data) and not isinstance(data, type):
        return {each.name: _plain(getattr(data, each.name)) for each in fields(data)}
    return data
