"""Layers of configuration as one set of checked settings.

:mod:`automatosx_nb.layers` finds the layers; here each is checked by itself and put over those before it. Later layers
decide, except that denials add up, and that what is locked, or comes from a project's file, can only get stricter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from operator import neg
from pathlib import Path
from typing import Any

from traitlets import TraitError
from traitlets.config import Config, Configurable

from automatosx_nb.config.calls import CallLimits, call_limits
from automatosx_nb.config.publishing import publish_policy, stricter_publishing
from automatosx_nb.config.registry import Connection, connection
from automatosx_nb.config.review import review_policy, stricter_review
from automatosx_nb.config.sections import (
    AUTO,
    CONFIGURABLES,
    SettingLocks,
)
from automatosx_nb.config.serving import Serving, serving, unconfigured
from automatosx_nb.errors import (
    InvalidConfiguration,
)
from automatosx_nb.home import default_home
from automatosx_nb.host.bus.limits import BusLimits
from automatosx_nb.host.services.limits import ServiceLimits
from automatosx_nb.layers import Layer, read_layers
from automatosx_nb.model.bridging import BridgePolicy
from automatosx_nb.model.consent import DEFAULTS, PermissionRule
from automatosx_nb.model.consent import PermissionPolicy as Permissions
from automatosx_nb.model.place import Place
from automatosx_nb.model.policy import Pattern, Policy, parse_duration
from automatosx_nb.model.publishing import PublishPolicy
from automatosx_nb.model.retention import GenerationRetention
from automatosx_nb.model.review import ReviewPolicy
from automatosx_nb.model.settings import ConfiguredSettings, Preset, Said, SettingLock
from automatosx_nb.model.spelling import nearest
from automatosx_nb.sandbox.limits import Limits


@dataclass(frozen=True, slots=True)
class Retention:
    """How long the audit log's entries are kept, and how large it becomes at most."""

    keep: timedelta
    max_mb: int


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that configuration decides, checked."""

    home: Path
    limits: Limits
    required_layers: tuple[str, ...]
    policy: Policy
    cooldown: timedelta
    prewarm: bool
    audit: Retention
    generations: GenerationRetention
    auto: str
    """One of ``AUTO``."""
    probation: timedelta
    plan_s: float
    permissions: Permissions = field(default_factory=Permissions)
    plugin_settings: ConfiguredSettings = field(default_factory=ConfiguredSettings)
    services: ServiceLimits = field(default_factory=ServiceLimits)
    calls: CallLimits = field(default_factory=CallLimits)
    registry: Connection = field(default_factory=Connection)
    bus: BusLimits = field(default_factory=BusLimits)
    bridge: BridgePolicy = field(default_factory=BridgePolicy)
    review: ReviewPolicy = field(default_factory=ReviewPolicy)
    server: Serving = field(default_factory=unconfigured)
    publishing: PublishPolicy = field(default_factory=PublishPolicy)


def load_settings(config: Config | None = None, *, home: Path | None = None, project: Path | None = None) -> Settings:
    """:param config: the running application's own.
    :param project: the folder whose project file counts; None: no project's does.
    :raises InvalidConfiguration: a file or a value is not readable; nothing that needs it starts.
    """
    stack = _Stack()
    for layer in read_layers(config or Config(), project):
        stack.put(layer)
    limits = {each.name: stack.value("SandboxLimits", each.name) for each in fields(Limits)}
    return Settings(
        home=home or default_home(),
        limits=Limits(**{name: value for name, value in limits.items() if value is not None}),
        required_layers=tuple(stack.value("SandboxPolicy", "require")),
        policy=stack.registry_policy(),
        cooldown=parse_duration(stack.value("UpdatePolicy", "cooldown")),
        prewarm=stack.value("SandboxPolicy", "prewarm"),
        permissions=stack.permission_policy(),
        audit=stack.retention(),
        plugin_settings=stack.plugin_settings(),
        generations=GenerationRetention(
            stack.value("UpdatePolicy", "keep_generations"), parse_duration(stack.value("UpdatePolicy", "keep_for"))
        ),
        auto=stack.value("UpdatePolicy", "auto"),
        probation=parse_duration(stack.value("UpdatePolicy", "probation")),
        plan_s=stack.value("UpdatePolicy", "plan_s"),
        services=ServiceLimits(*(stack.value("ServicePolicy", each.name) for each in fields(ServiceLimits))),
        calls=call_limits(stack.value),
        registry=connection(stack.value),
        bus=stack.bus_limits(),
        bridge=BridgePolicy(*(tuple(stack.value("BusPolicy", each.name)) for each in fields(BridgePolicy))),
        review=review_policy(stack.value),
        server=serving(stack.value),
        publishing=publish_policy(stack.value),
    )


@dataclass(frozen=True, slots=True)
class _Set:
    """A value that a layer set."""

    value: Any
    layer: Layer
    narrows: bool
    """It is put with those before it, in place of replacing them."""


class _Stack:
    """Layers on top of each other."""

    def __init__(self) -> None:
        self._set: dict[tuple[str, str], list[_Set]] = {}
        self._locked: set[str] = set()

    def put(self, layer: Layer) -> None:
        """:raises InvalidConfiguration: the layer has a section, a setting or a value that there is none of."""
        _check_sections(layer)
        for configurable in CONFIGURABLES:
            section = configurable.__name__
            made = _make(configurable, layer)
            for setting in layer.sections.get(section, {}):
                narrows = layer.only_stricter or bool(self._locked & {section, f"{section}.{setting}"})
                if layer.only_stricter and (section, setting) == ("PermissionPolicy", "allow"):
                    where = layer.place(section, setting)
                    raise InvalidConfiguration(
                        f"{where}",
                        "a project's file cannot allow permissions, only deny them: whoever runs it grants them",
                    )
                self._set.setdefault((section, setting), []).append(_Set(getattr(made, setting), layer, narrows))
        self._locked.update(_locks(layer))

    def value(self, section: str, setting: str) -> Any:
        """None: there is no such setting."""
        return self._decided(section, setting)[0]

    def registry_policy(self) -> Policy:
        lists: list[tuple[Pattern, ...]] = []
        for each in self._set.get(("RegistryPolicy", "allow"), ()):
            if not each.narrows:
                lists.clear()
            if each.value:
                lists.append(_parsed(Pattern.parse, each, "RegistryPolicy", "allow"))
        first, *also = lists or [()]
        signed = self.value("RegistryPolicy", "require_signed")
        return Policy(first, self._all(Pattern.parse, "RegistryPolicy", "deny"), tuple(also), signed)

    def permission_policy(self) -> Permissions:
        default, place = self._decided("PermissionPolicy", "default")
        allow = self._all(PermissionRule.parse, "PermissionPolicy", "allow", loosens=True)
        return Permissions(default, allow, self._all(PermissionRule.parse, "PermissionPolicy", "deny"), place)

    def retention(self) -> Retention:
        keep_days, max_mb = (self.value("AuditPolicy", name) for name in ("keep_days", "max_mb"))
        return Retention(timedelta(days=keep_days), max_mb)

    def plugin_settings(self) -> ConfiguredSettings:
        presets = [
            Preset(plugin, name, Said(each.layer.name, str(each.layer.place("PluginSettings", "preset", name)), value))
            for each in self._set.get(("PluginSettings", "preset"), ())
            for plugin, values in each.value.items()
            for name, value in values.items()
        ]
        locks = [
            SettingLock(_PLUGIN_LOCKS.get(name, name), each.layer.name, str(each.layer.place(section, "locked", name)))
            for section in ("PluginSettings", "SettingLocks")
            for each in self._set.get((section, "locked"), ())
            for name in each.value
            if section == "PluginSettings" or name in _PLUGIN_LOCKS
        ]
        return ConfiguredSettings(tuple(presets), tuple(locks))

    def bus_limits(self) -> BusLimits:
        found: dict[str, Any] = {each.name: self.value("BusPolicy", each.name) for each in fields(BusLimits)}
        return BusLimits(**found)

    def _all(self, parse: Callable[[str, Place], Any], section: str, setting: str, *, loosens: bool = False) -> Any:
        """What every layer says, the first layer's first; a list that ``loosens`` does not grow where it is locked."""
        counted = (each for each in self._set.get((section, setting), ()) if not (loosens and each.narrows))
        return tuple(rule for each in counted for rule in _parsed(parse, each, section, setting))

    def _decided(self, section: str, setting: str) -> tuple[Any, Place | None]:
        """The value, and where it was set; None: it is built in."""
        trait = next(each for each in CONFIGURABLES if each.__name__ == section).class_traits(config=True).get(setting)
        value, place = (None if trait is None else trait.default()), None
        for each in self._set.get((section, setting), ()):
            chosen = stricter(section, setting, value, each.value) if each.narrows else each.value
            if chosen != value or not each.narrows:
                place = each.layer.place(section, setting)
            value = chosen
        return value, place


_PLUGIN_LOCKS = dict.fromkeys(("PluginSettings", "PluginSettings.preset"), "*")
"""Locking the section, or what is preset, locks every setting of every plugin."""


def stricter(section: str, setting: str, one: Any, other: Any) -> Any:
    """The stricter of two values of a setting, or both where they add up; where none is stricter, the first."""
    if setting in ("to_server", "from_server"):
        return [each for each in one if each in other]
    if section in ("SandboxLimits", "ServicePolicy", "HttpLimits", "CallRates", "BusPolicy"):
        return min(one, other)
    if section in ("RegistryConnection", "RegistryServer"):
        return one
    if section == "PublishPolicy":
        return stricter_publishing(setting, one, other)
    if section == "ReviewPolicy":
        return stricter_review(setting, one, other)
    if isinstance(one, list):
        return [*one, *(each for each in other if each not in one)]
    order: Mapping[str, Callable[[Any], Any]] = {
        "default": DEFAULTS.index,
        "cooldown": parse_duration,
        "auto": AUTO.index,
        "require_signed": bool,
        "plan_s": neg,
    }
    return max(one, other, key=order[setting]) if setting in order else one


def _parsed(parse: Callable[[str, Place], Any], each: _Set, section: str, setting: str) -> tuple[Any, ...]:
    return tuple(parse(text, each.layer.place(section, setting, text)) for text in each.value)


def _locks(layer: Layer) -> list[str]:
    """:raises InvalidConfiguration: what is to be locked is no section and no setting."""
    locked = _make(SettingLocks, layer).locked
    known = {each.__name__ for each in CONFIGURABLES}
    known |= {f"{each.__name__}.{name}" for each in CONFIGURABLES for name in each.class_trait_names(config=True)}
    for name in locked:
        if name not in known:
            near = " or ".join(nearest(name, known, most=1))
            where = layer.place("SettingLocks", "locked", name)
            raise InvalidConfiguration(
                f"{where}", f"there is no setting {name!r}" + (f": did you mean {near}?" if near else "")
            )
    return list(locked)


def _check_sections(layer: Layer) -> None:
    """A misspelt section in a file of ours would leave a wall down without a word."""
    if layer.name == "application":
        return
    known = [configurable.__name__ for configurable in CONFIGURABLES]
    for name, section in layer.sections.items():
        if name not in known and section:
            near = " or ".join(f"c.{each}" for each in nearest(name, known, most=1))
            raise InvalidConfiguration(
                layer.source, f"there is no section c.{name}" + (f": did you mean {near}?" if near else "")
            )
        if not isinstance(section, Mapping):
            raise InvalidConfiguration(layer.source, f"c.{name} is {section!r}, and not a section with settings")


def _make(configurable: type[Configurable], layer: Layer) -> Any:
    """The section as ``layer`` alone says it."""
    name = configurable.__name__
    section = layer.sections.get(name, {})
    unknown = set(section) - set(configurable.class_trait_names(config=True))
    if unknown:
        raise InvalidConfiguration(f"c.{name} ({layer.source})", f"there is no setting {', '.join(sorted(unknown))}")
    try:
        return configurable(config=Config({name: Config(section)}))
    except TraitError as error:
        setting, text = getattr(error, "setting", ""), getattr(error, "text", None)
        setting = setting or next((each for each in section if f"'{each}'" in str(error)), "")
        place = layer.place(name, setting, text) if setting else Place(layer.source)
        raise InvalidConfiguration(f"c.{name} ({place})", str(error)) from error
