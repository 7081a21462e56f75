"""Settings and secrets of installed plugins, as the panel's front end shows and changes them.

A secret goes in and never comes out: no answer has its value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from automatosx_nb.errors import InvalidSetting, SettingLocked, UsageError
from automatosx_nb.model.names import short_name
from automatosx_nb.model.permissions import Permission
from automatosx_nb.profile.secrets import MAX_SECRET_BYTES
from automatosx_nb.widgets import faults, requests

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace
    from automatosx_nb.host.settings import PluginSettings
    from automatosx_nb.model.settings import SettingValue
    from automatosx_nb.widgets.views import View

_CONTROLS = {"boolean": "checkbox", "integer": "number", "number": "number", "string": "text_field"}
_KEPT = {"keyring": "in the system's keyring", "file": "encrypted in your profile"}


class PluginOptions:
    """Raises what the marketplace raises."""

    def __init__(self, market: Marketplace) -> None:
        self._market = market

    def answer(self, request: requests.OptionRequest) -> dict[str, Any]:
        match request:
            case requests.Set():
                return self._set(request)
            case requests.Unset():
                self._market.plugin_settings(request.id).unset(request.name)
                return {"settings": self._settings(request.id)}
            case requests.Keep():
                return self._keep(request)
            case requests.Forget():
                self._market.secrets.remove(request.id, request.name)
                return {"secrets": self._secrets(request.id)}
            case requests.Secrets():
                return {"secrets": self._secrets(request.id)}
        return {"settings": self._settings(request.id)}

    def _settings(self, plugin: str) -> View:
        settings = self._market.plugin_settings(plugin)
        return {
            "id": plugin,
            "name": short_name(plugin),
            "fields": [setting_field(each, settings) for each in settings.all()],
            "undeclared": settings.undeclared(),
            "misnamed": settings.misnamed(),
        }

    def _set(self, request: requests.Set) -> dict[str, Any]:
        try:
            self._market.plugin_settings(request.id).put_value(request.name, request.value)
        except InvalidSetting as error:
            return faults.of(error) | {"field": error.name, "reason": error.fault}
        except SettingLocked as error:
            return faults.of(error) | {"field": error.name, "reason": f"{error.where} locks it"}
        return {"settings": self._settings(request.id)}

    def _secrets(self, plugin: str) -> View:
        entry = self._market.installed_plugin(plugin)
        required, optional = self._market.asked_by(entry)
        asked = {p.scope: reason for p, reason in _parsed({**required, **optional}) if p.kind == "secrets"}
        kept = {each.name: each.kept_in for each in self._market.secrets.names(plugin)}
        return {
            "id": plugin,
            "name": short_name(plugin),
            "secrets": [
                {
                    "name": name,
                    "reason": asked.get(name, ""),
                    "asked": name in asked,
                    "granted": f"secrets:{name}" in entry.grants,
                    "kept": _KEPT[kept[name]] if name in kept else "",
                }
                for name in dict.fromkeys((*asked, *kept))
            ],
        }

    def _keep(self, request: requests.Keep) -> dict[str, Any]:
        name = Permission.parse(f"secrets:{request.name}").scope
        entry = self._market.installed_plugin(request.id)
        if not 0 < len(request.value.encode("utf-8", "surrogatepass")) <= MAX_SECRET_BYTES or not _is_text(
            request.value
        ):
            raise UsageError(f"a secret has 1 byte to {MAX_SECRET_BYTES >> 10} KiB of text", "type it again")
        self._market.secrets.put(entry.id, name, request.value)
        return {"secrets": self._secrets(entry.id)}


def setting_field(found: SettingValue, settings: PluginSettings) -> View:
    """One setting as a control, with what holds and why."""
    schema = found.schema
    items = schema.get("items", {})
    array_of_text = items.get("type") == "string" or all(isinstance(one, str) for one in items.get("enum", [0]))
    control = "select" if "enum" in schema else _CONTROLS.get(schema["type"], "lines" if array_of_text else "json")
    return {
        "name": found.name,
        "type": schema["type"],
        "control": control,
        "label": schema.get("title") or found.name.replace("-", " ").capitalize(),
        "help": schema.get("description", ""),
        "value": found.value,
        "choices": schema.get("enum", items.get("enum", [])),
        "minimum": schema.get("minimum"),
        "maximum": schema.get("maximum"),
        "maxLength": schema.get("maxLength"),
        "required": schema["type"] in ("integer", "number") and "enum" not in schema,
        "default": schema["default"],
        "origin": found.origin,
        "place": found.place,
        "locked": found.locked,
        "passed_over": [{"origin": origin, "fault": fault} for origin, fault in found.passed_over],
        "set": settings.is_set(found.name),
    }


def _parsed(asked: Mapping[str, str]) -> list[tuple[Permission, str]]:
    return [(Permission.parse(text), reason) for text, reason in asked.items()]


def _is_text(value: str) -> bool:
    """Whether it is Unicode: a browser may send half of a pair of surrogates."""
    return not any("\ud800" <= character <= "\udfff" for character in value)
