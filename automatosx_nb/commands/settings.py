"""``settings``: what an installed plugin can be told, and what it was."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from automatosx_nb.commands import text
from automatosx_nb.commands.verbs import Answer, Console, Verb
from automatosx_nb.errors import UsageError
from automatosx_nb.model.settings import variable

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace
    from automatosx_nb.host.arguments import Parser
    from automatosx_nb.host.settings import PluginSettings
    from automatosx_nb.model.settings import SettingValue

_TYPES = {"array": "a list", "string": "text", "integer": "a whole number", "number": "a number"}
_TYPES |= {"boolean": "true or false", "object": "an object, as JSON has it"}
_BOUNDS = {
    "enum": "one of {}",
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "above {}",
    "exclusiveMaximum": "below {}",
    "multipleOf": "a multiple of {}",
    "minLength": "{} characters or more",
    "maxLength": "{} characters or less",
    "minItems": "{} or more of them",
    "maxItems": "{} or less of them",
    "uniqueItems": "no two the same",
}
"""What JSON Schema says → what people say."""


def _configure(parser: Parser) -> None:
    parser.add_argument("plugin", help="an installed plugin's id")
    parser.add_argument("name", nargs="?", help="one of its settings; nothing: all of them")
    parser.add_argument("value", nargs="?", help="its new value: text, or JSON where it is a number, a list or true")
    parser.add_argument("--unset", metavar="NAME", help="go back to the default")


def _settings(market: Marketplace, options: Namespace, console: Console) -> Answer:
    settings = market.plugin_settings(options.plugin)
    if options.unset is not None:
        if options.name is not None:
            raise UsageError("--unset takes the only NAME", f"{console.prefix} settings ID [NAME [VALUE]|--unset NAME]")
        was_set = settings.unset(options.unset)
        return Answer(f"{options.unset} was {'set, and is no longer' if was_set else 'not set'}.", None)
    if options.value is not None:
        return _one(options.plugin, settings.put(options.name, options.value))
    if options.name is not None:
        return _one(options.plugin, settings.get(options.name))
    return _all(options.plugin, settings)


def _all(plugin: str, settings: PluginSettings) -> Answer:
    found = settings.all()
    lines = [f"{plugin} has no settings."]
    if found:
        rows = [
            (each.name, shown(each.value), _origin(each), shown(each.schema["default"]), _description(each))
            for each in found
        ]
        lines = [text.table(("setting", "value", "from", "default", "what it is"), rows)]
    lines += faults(plugin, settings)
    data = {"plugin": plugin, "settings": [_record(each) for each in found], "undeclared": settings.undeclared()}
    return Answer("\n".join(lines), data)


def meant(schema: Mapping[str, Any]) -> str:
    """``a whole number, at least 1``, and of a list what each of it is."""
    said = [
        words.format(_bound(schema[word])) for word, words in _BOUNDS.items() if schema.get(word, False) is not False
    ]
    each = [f"each {meant(schema['items'])}"] if schema.get("items") else []
    return ", ".join(filter(None, [_TYPES.get(schema.get("type", ""), ""), *said, *each]))


def _bound(value: Any) -> str:
    return ", ".join(map(shown, value)) if isinstance(value, list) else shown(value)


def _one(plugin: str, found: SettingValue) -> Answer:
    schema = found.schema
    lines = [
        f"{found.name} = {shown(found.value)} ({_origin(found)}{f': {found.place}' if found.place else ''})",
        *([_description(found)] if _description(found) else []),
        f"It is {meant(schema)}; default {shown(schema['default'])}.",
        f"It cannot be changed here: {found.locked} locks it."
        if found.locked
        else f"{variable(plugin, found.name)} in the environment, where it is set, comes before this.",
        *(_passed_over(found, origin, fault) for origin, fault in found.passed_over),
    ]
    return Answer("\n".join(lines), _record(found))


def faults(plugin: str, settings: PluginSettings) -> list[str]:
    """What was set and does not hold for the version that is installed."""
    lines = [_passed_over(each, *fault) for each in settings.all() for fault in each.passed_over]
    lines += [
        f"{plugin} has no setting {name!r}, which {place} presets." for name, place in settings.misnamed().items()
    ]
    return lines + [
        f"{plugin} no longer has the setting {name!r}, which you set: settings {plugin} --unset {name} forgets it."
        for name in settings.undeclared()
    ]


def _passed_over(found: SettingValue, origin: str, fault: str) -> str:
    return f"The value of {found.name!r} from the {origin} does not count ({fault}): {shown(found.value)} holds."


def _origin(found: SettingValue) -> str:
    return f"{found.origin}, locked" if found.locked else found.origin


def _description(found: SettingValue) -> str:
    return str(found.schema.get("description", ""))


def shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _record(found: SettingValue) -> dict[str, Any]:
    return {
        "name": found.name,
        "value": found.value,
        "origin": found.origin,
        "place": found.place,
        "locked": found.locked,
        "schema": found.schema,
        "passed_over": [{"origin": origin, "fault": fault} for origin, fault in found.passed_over],
    }


VERBS = (Verb("settings", "show or change the settings of an installed plugin", _configure, _settings, json=True),)
