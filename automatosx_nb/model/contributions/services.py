"""``[[contributes.services]]``: a function that other plugins may call, with what it takes and gives."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from automatosx_nb.model.contributions.kind import HANDLER, Called, Kind, Needless, handler, listed
from automatosx_nb.model.reader import line, matching
from automatosx_nb.model.requirements import VERSION, version
from automatosx_nb.model.schemas import SCHEMA, Schema, Steps, json_schema
from automatosx_nb.model.semver import Version

if TYPE_CHECKING:
    from automatosx_nb.model.reader import Spot

NAME = "a service's name, called as a method: a small letter, then small letters, digits and '_', at most 40 characters"
NAME_PATTERN = r"[a-z][a-z0-9_]{0,39}"
_name = matching(re.compile(NAME_PATTERN), NAME)


@dataclass(frozen=True, slots=True)
class Service(Called, Needless):
    """``version`` is that of the promise: callers ask for a range of it. ``request`` and ``reply`` are JSON Schemas.

    A request is an object, whose properties are the handler's keyword arguments; each may be a table or bytes. So may
    the reply, by itself.
    """

    name: str
    version: Version
    handler: str
    request: Schema
    reply: Schema
    summary: str = ""

    @property
    def label(self) -> str:
        return self.name

    @property
    def arguments(self) -> Schema:
        """The request's schema, in which an argument that it does not name is refused unless it says otherwise."""
        return {"additionalProperties": False, **self.request}

    def record(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "version": str(self.version),
            "handler": self.handler,
            "request": self.request,
            "reply": self.reply,
            "summary": self.summary,
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Service:
        """The inverse of :meth:`record`; trusts what it is given."""
        return cls(**{**record, "version": Version.parse(record["version"])})


REQUEST = f"{SCHEMA}: its properties are what the handler takes by keyword"


def _request(spot: Spot) -> Schema | None:
    schema = json_schema(spot, media=_is_argument)
    if schema is not None and schema["type"] != "object":
        spot.refuse(REQUEST, found=f"a schema of the type {schema['type']!r}")
        return None
    return schema


def _is_argument(steps: Steps) -> bool:
    return len(steps) == 2 and steps[0] == "properties"


def _reply(spot: Spot) -> Schema | None:
    return json_schema(spot, media=lambda steps: not steps)


def _service(spot: Spot) -> Service | None:
    table = spot.table()
    if table is None:
        return None
    name = table.need("name", _name, NAME)
    promise = table.need("version", version, VERSION)
    function = table.need("handler", handler, HANDLER)
    request = table.need("request", _request, REQUEST)
    reply = table.need("reply", _reply, SCHEMA)
    summary = table.get("summary", line(200)) or ""
    table.finish()
    if name is None or promise is None or function is None or request is None or reply is None:
        return None
    return Service(name, promise, function, request, reply, summary)


KIND = Kind("services", listed(_service, "service"))
