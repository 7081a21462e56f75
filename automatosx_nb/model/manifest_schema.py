"""The manifest's format as a JSON Schema, for editors: completion, help and warnings while one types ``plugin.toml``.

Made from the same names, patterns and bounds as the readers use. It says what JSON Schema can; what needs more (that a
range can be read, that a permission covers a subscription) only the readers see. ``python -m
automatosx_nb.model.manifest_schema`` prints it; it lies beside this file and in ``docs/``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from automatosx_nb.model import schemas, screenshots
from automatosx_nb.model.contributions import arguments, events, kind, magics, services
from automatosx_nb.model.events.delivery import DELIVERIES, MAX_QUEUE, OVERFLOWS
from automatosx_nb.model.events.topics import MAX_TOPIC
from automatosx_nb.model.manifest import (
    CATEGORIES,
    DOC_PATTERN,
    KEYWORD_PATTERN,
    MAIN_PATTERN,
    MAX_STATE_VERSION,
    SCHEMA,
)
from automatosx_nb.model.names import ID_PATTERN, MAX_LENGTH
from automatosx_nb.model.permissions import KINDS, TYPE_NAME, PermissionKind
from automatosx_nb.model.reader import MAX_ITEMS
from automatosx_nb.model.requirements import LIMITS, PLATFORMS

Schema = dict[str, Any]

DIALECT = "http://json-schema.org/draft-07/schema#"
"""What the TOML editors understand."""
_NUMBER = r"(?:0|[1-9]\d*)"
_VERSION = (
    rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-(?:{_NUMBER}|\d*[a-zA-Z-][0-9a-zA-Z-]*)"
    rf"(?:\.(?:{_NUMBER}|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?"
)
"""As https://semver.org/#is-there-a-suggested-regular-expression-regex-to-check-a-semver-string has it."""
PATH = Path(__file__).with_name("plugin.schema.json")


def manifest_schema() -> Schema:
    """The schema of a whole manifest."""
    top = _table(
        {
            "schema": {"const": SCHEMA, "description": "The format of this file."},
            "plugin": _plugin(),
            "requires": _requires(),
            "permissions": _permissions(optional=_permissions()),
            "limits": _limits(),
            "state": _state(),
            "contributes": _contributes(),
        },
        "schema",
        "plugin",
        "requires",
    )
    definitions = {"value": _value_schema(), "event": _event_schema(), "args": _args(), "handler": _handler()}
    return {"$schema": DIALECT, "title": "plugin.toml of automatosx_nb", **top, "definitions": definitions}


def render() -> str:
    """The schema as the text of its file."""
    return json.dumps(manifest_schema(), indent=2, ensure_ascii=False) + "\n"


def _plugin() -> Schema:
    screenshot = {
        "file": _text(screenshots.FILE_PATTERN, "A picture: PNG, JPEG or WebP."),
        "alt": _line(screenshots.ALT_LENGTH, "What is seen in it, for whoever does not see it."),
    }
    return _table(
        {
            "id": _text(ID_PATTERN, "publisher.name, as in 'acme.csv-doctor'.", most=MAX_LENGTH),
            "version": _version("A SemVer 2.0.0 version; one that was published is never reused."),
            "summary": _line(160, "One sentence."),
            "license": _line(200, "An SPDX expression, as in 'MIT' or 'Apache-2.0 OR BSD-3-Clause'."),
            "authors": _list(_table({"name": _line(100, "A person or a team.")}, "name"), least=1),
            "categories": _list({"enum": list(CATEGORIES)}, least=1, most=3),
            "keywords": _list(_text(KEYWORD_PATTERN, "What people may type to find it."), most=20),
            "main": _text(MAIN_PATTERN, "The package or module under src/."),
            "docs": _list(_text(DOC_PATTERN, "A notebook that shows how it is used.")),
            "screenshots": _list(_table(screenshot, "file", "alt"), most=screenshots.MOST),
            "self-test": _reference("handler"),
        },
        *("id", "version", "summary", "license", "authors", "categories", "main"),
    )


def _requires() -> Schema:
    ranges = {"type": "object", "propertyNames": _text(ID_PATTERN), "additionalProperties": _line(256)}
    return _table(
        {
            "automatosx": _line(256, "The range of the core runtime, as npm writes ranges: '^1.0'."),
            "python": _line(200, "A PEP 440 specifier set, as in '>=3.11'."),
            "plugins": {**ranges, "description": "Plugin id → version range. These are installed with it."},
            "optional-plugins": {**ranges, "description": "Plugin id → version range, where they are installed."},
            "packages": _list(_line(200, "A PEP 508 requirement, as in 'pandas>=2'.")),
            "platforms": _list({"enum": list(PLATFORMS)}, least=1),
        },
        "automatosx",
    )


def _permissions(*, optional: Schema | None = None) -> Schema:
    reasons = {_anchored(_permission(one)): _line(200, one.sentence) for one in KINDS.values()}
    inner = {} if optional is None else {"properties": {"optional": optional}}
    return {"type": "object", **inner, "patternProperties": reasons, "additionalProperties": False}


def _permission(one: PermissionKind) -> str:
    if one.scope is None:
        return one.name
    scope = f":(?:{one.scope.pattern})"
    return one.name + (f"(?:{scope})?" if one.scope_optional else scope)


def _limits() -> Schema:
    return _table(
        {
            name: {"type": "integer" if number is int else "number", "minimum": least, "maximum": most}
            for name, (number, least, most) in LIMITS.items()
        }
    )


def _state() -> Schema:
    version = {"type": "integer", "minimum": 1, "maximum": MAX_STATE_VERSION}
    table = _table({"version": version, "migrate": _reference("handler")}, "version")
    return {**table, "if": {"properties": {"version": {"minimum": 2}}}, "then": {"required": ["migrate"]}}


def _contributes() -> Schema:
    summary, title = _line(200), _line(60, "What a button or a heading says.")
    name = _text(kind.NAME_PATTERN, most=40)
    handler, value, args = _reference("handler"), _reference("value"), _reference("args")
    magic = {
        "name": {**_text(magics.NAME_PATTERN), "not": {"enum": sorted(magics.TAKEN)}},
        "handler": handler,
        "summary": summary,
        "args": args,
        "cell": {"type": "boolean"},
    }
    command = {"name": name, "title": title, "handler": handler, "summary": summary, "args": args}
    subscription = {
        "topic": _line(MAX_TOPIC),
        "handler": handler,
        "delivery": {"enum": list(DELIVERIES)},
        "overflow": {"enum": list(OVERFLOWS)},
        "queue": {"type": "integer", "minimum": 1, "maximum": MAX_QUEUE},
        "retained": {"type": "boolean"},
    }
    service = {
        "name": _text(services.NAME_PATTERN),
        "version": _version("That of the promise, as SemVer has it."),
        "handler": handler,
        "request": value,
        "reply": value,
        "summary": summary,
    }
    topic = rf"plugin\.{ID_PATTERN}\.{events.NAME_PATTERN}"
    return _table(
        {
            "magics": _list(_table(magic, "name", "handler")),
            "commands": _list(_table(command, "name", "title", "handler")),
            "panels": _list(
                _table(
                    {"name": name, "title": title, "handler": handler, "summary": summary}, "name", "title", "handler"
                )
            ),
            "formatters": _list(
                _table({"type": _text(TYPE_NAME, most=120), "handler": handler, "summary": summary}, "type", "handler")
            ),
            "subscriptions": _list(_table(subscription, "topic", "handler")),
            "services": _list(_table(service, "name", "version", "handler", "request", "reply")),
            "events": _keyed(_text(topic, most=MAX_TOPIC), _reference("event")),
            "settings": _keyed(name, _setting()),
        }
    )


def _args() -> Schema:
    name = _text(rf"(?:{arguments.POSITIONAL_PATTERN}|(?=.{{1,42}}$){arguments.OPTION_PATTERN})")
    argument = {
        "name": {**name, "not": {"enum": list(arguments.RESERVED)}},
        "type": {"enum": list(arguments.TYPES)},
        "choices": _list(_line(60), least=1),
        "default": {"type": ["string", "number"]},
        "required": {"type": "boolean"},
        "help": _line(200),
    }
    return _list(_table(argument, "name", "type"))


def _handler() -> Schema:
    return _text(kind.HANDLER_PATTERN, "One of the plugin's functions, as in 'csv_doctor.checks:doctor'.", most=200)


def _setting() -> Schema:
    scalar = {"enum": [*schemas.SCALARS, "array"]}
    keywords = _value_keywords()
    return _table({word: keywords[word] for word in schemas.SETTING_KEYWORDS} | {"type": scalar}, "type", "default")


def _value_schema() -> Schema:
    return _table(_value_keywords())


def _event_schema() -> Schema:
    return _table({**_value_keywords(), "retained": {"type": "boolean"}}, "type")


def _value_keywords() -> dict[str, Schema]:
    """The keywords of :mod:`.schemas`."""
    inner, count, number = _reference("value"), {"type": "integer", "minimum": 0}, {"type": "number"}
    several = _list(inner, least=1)
    one_type = {"enum": list(schemas.TYPES)}
    shapes: dict[str, Schema] = {
        "type": {"anyOf": [one_type, _list(one_type, least=1)]},
        **dict.fromkeys(("title", "description"), _line(300)),
        "default": {},
        "const": {},
        **dict.fromkeys(("enum", "examples"), _list({}, least=1)),
        **dict.fromkeys((*schemas.STRING, "minProperties", "maxProperties", "minItems", "maxItems"), count),
        **dict.fromkeys(schemas.NUMBER, number),
        "multipleOf": {"type": "number", "exclusiveMinimum": 0},
        "properties": _keyed({}, inner),
        "required": _list(_line(100)),
        "additionalProperties": {"anyOf": [{"type": "boolean"}, inner]},
        **dict.fromkeys(("items", "not"), inner),
        **dict.fromkeys(("prefixItems", "anyOf", "oneOf", "allOf"), several),
        "uniqueItems": {"type": "boolean"},
        "contentMediaType": {"enum": list(schemas.MEDIA)},
    }
    return {word: shapes[word] for word in schemas.KEYWORDS}


def _table(properties: dict[str, Schema], *required: str) -> Schema:
    needed: Schema = {"required": list(required)} if required else {}
    return {"type": "object", "properties": properties, **needed, "additionalProperties": False}


def _keyed(names: Schema, values: Schema) -> Schema:
    return {"type": "object", "propertyNames": names, "additionalProperties": values, "maxProperties": MAX_ITEMS}


def _list(items: Schema, *, least: int = 0, most: int = MAX_ITEMS) -> Schema:
    bounds = {"minItems": least, "maxItems": most} if least else {"maxItems": most}
    return {"type": "array", "items": items, **bounds, "uniqueItems": True}


def _line(most: int, description: str = "") -> Schema:
    """A line of text that says something."""
    return {"type": "string", "pattern": r"\S", "maxLength": most} | _described(description)


def _version(description: str) -> Schema:
    return _text(_VERSION, description, most=256)


def _text(pattern: str, description: str = "", *, most: int | None = None) -> Schema:
    length = {"maxLength": most} if most is not None else {}
    return {"type": "string", "pattern": _anchored(pattern), **length} | _described(description)


def _described(description: str) -> Schema:
    return {"description": description} if description else {}


def _anchored(pattern: str) -> str:
    return f"^(?:{pattern})$"


def _reference(name: str) -> Schema:
    return {"$ref": f"#/definitions/{name}"}


if __name__ == "__main__":
    print(render(), end="")  # noqa: T201 - what it is for
