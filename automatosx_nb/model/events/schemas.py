"""What the events of the kernel and the marketplace carry: a JSON Schema for each of our topics.

``python -m automatosx_nb.model.events.page`` writes their part of docs/events.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from automatosx_nb.model.events import ours

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Topic:
    """``when``: what happened, as a sentence without its end. ``schema`` is of the event's data."""

    when: str
    schema: Schema
    retained: bool = False


def _object(**properties: Schema) -> Schema:
    """All of them are always there, and nothing else is."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _text(description: str) -> Schema:
    return {"type": "string", "description": description}


def _count(description: str, least: int = 0) -> Schema:
    return {"type": "integer", "minimum": least, "description": description}


def _seconds(description: str) -> Schema:
    return {"type": "number", "minimum": 0, "description": description}


MOST_VARIABLES = 1000
"""Names in one ``kernel.variables.changed``; what is over is not told."""

_CELL = {
    "cell": _text("hash of the cell's source: the same source has the same"),
    "lines": _count("lines of the source", 1),
}
_RUN = {
    **_CELL,
    "execution_count": {
        "type": ["integer", "null"],
        "description": "the number that the notebook shows beside the cell",
    },
    "duration_s": _seconds("how long it ran, seconds"),
}
_PLUGIN = {"plugin": _text("the plugin's id"), "version": _text("its version")}
_GENERATION = {"generation": _count("number of the profile's generation", 0)}

TOPICS: Mapping[str, Topic] = {
    ours.KERNEL_STARTED: Topic(
        "the extension runs in a kernel; told once, when somebody first subscribes to an event of the kernel",
        _object(version=_text("of automatosx_nb"), python=_text("Python's version")),
        retained=True,
    ),
    ours.CELL_STARTED: Topic("a cell is about to run", _object(**_CELL)),
    ours.CELL_FINISHED: Topic(
        "a cell ended",
        _object(
            **_RUN,
            ok={"type": "boolean", "description": "whether it ended without an error"},
            error={"type": ["string", "null"], "description": "the error's type name, or null"},
        ),
    ),
    ours.CELL_FAILED: Topic("a cell ended with an error", _object(**_RUN, error=_text("the error's type name"))),
    ours.VARIABLES_CHANGED: Topic(
        "a cell ended, and names mean other objects than before it; what was changed in place is not told",
        _object(
            changed={
                "type": "array",
                "maxItems": MOST_VARIABLES,
                "description": "names that are new or were assigned, and the type of each",
                "items": _object(name=_text("the variable's name"), type=_text("as in pandas.core.frame.DataFrame")),
            },
            removed={
                "type": "array",
                "maxItems": MOST_VARIABLES,
                "description": "names that are gone",
                "items": {"type": "string"},
            },
        ),
    ),
    ours.KERNEL_IDLE: Topic("no cell has run for a while", _object(idle_s=_seconds("seconds since the last cell"))),
    ours.PLUGIN_INSTALLED: Topic("a plugin came into the profile", _object(**_PLUGIN, **_GENERATION)),
    ours.PLUGIN_UPDATED: Topic(
        "a plugin is another release than before",
        _object(**_PLUGIN, before=_text("the version before"), **_GENERATION),
    ),
    ours.PLUGIN_REMOVED: Topic(
        "a plugin left the profile", _object(plugin=_PLUGIN["plugin"], version=_text("which it was"), **_GENERATION)
    ),
    ours.ROLLED_BACK: Topic(
        "an earlier generation was made current again; what that changed is told, too",
        _object(restores=_count("number of that generation"), **_GENERATION),
    ),
    ours.PLUGIN_LIMITED: Topic(
        "a plugin's worker was stopped at a limit",
        _object(
            **_PLUGIN,
            limit=_text("the limit's name"),
            allowed=_text("how much was allowed, with its unit"),
            used=_text("how much it took, with its unit"),
        ),
    ),
    ours.PLUGIN_SUSPENDED: Topic(
        "a plugin's worker ended too often, and is not started for a while",
        _object(
            **_PLUGIN,
            ends=_count("how often it ended"),
            within_s=_seconds("in how many seconds"),
            wait_s=_seconds("how long it is not started, seconds"),
            last=_text("the code of the last error"),
        ),
    ),
    ours.PLUGIN_STATE_RESTORED: Topic(
        "what a plugin had [saved](state.md#damage) was damaged, and is again what it was in a snapshot",
        _object(
            **_PLUGIN,
            reason=_text("what was found"),
            snapshot=_text("name of the file that it comes from"),
            set_aside=_text("name of the file that was damaged"),
        ),
    ),
    ours.PLUGIN_SETTING_CHANGED: Topic(
        "a plugin's [settings](configuration.md#settings-of-plugins) have other values, whoever changed them; told at "
        "once in the kernel where it was changed, in the others at their next cell",
        _object(
            **_PLUGIN,
            settings={
                "type": "array",
                "items": {"type": "string"},
                "description": "their names, never a value",
            },
        ),
    ),
    ours.SERVICE_FAILED: Topic(
        "a plugin's call of a [service](services.md) came to nothing",
        _object(
            plugin=_text("the caller's id"),
            version=_text("of the caller"),
            provider=_text("whose service it was"),
            service=_text("the service's name"),
            error=_text("an error's code"),
        ),
    ),
    ours.PLUGIN_REVERTED: Topic(
        "a plugin kept ending soon after its update, and is its version before that again",
        _object(plugin=_PLUGIN["plugin"], version=_text("which it is now"), before=_text("the one that kept ending")),
    ),
}
"""In the order of docs/events.md."""
