"""Configuration: traitlets at the edge, frozen settings inside.

:mod:`automatosx_nb.layers` finds the layers; here each is checked by itself and put over those before it. Later layers
decide, except that denials add up, and that what is locked, or comes from a project's file, can only get stricter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from pathlib import Path
from typing import Any

from traitlets import Bool, Dict, Enum, Float, Int, List, TraitError, Unicode
from traitlets.config import Config, Configurable

from automatosx_nb.config_calls import CallLimits, CallRates, HttpLimits, call_limits
from automatosx_nb.config_registry import Connection, RegistryConnection, connection
from automatosx_nb.errors import (
    InvalidConfiguration,
    InvalidDuration,
    InvalidPermission,
    InvalidPluginId,
    InvalidRange,
)
from automatosx_nb.home import default_home
from automatosx_nb.host.audit import KEEP_DAYS, MAX_MB
from automatosx_nb.host.bus.limits import BusLimits
from automatosx_nb.host.services.limits import ServiceLimits
from automatosx_nb.layers import Layer, read_layers
from automatosx_nb.model.consent import DEFAULTS, PermissionRule
from automatosx_nb.model.consent import PermissionPolicy as Permissions
from automatosx_nb.model.events.delivery import MAX_QUEUE
from automatosx_nb.model.place import Place
from automatosx_nb.model.policy import Pattern, Policy, parse_duration
from automatosx_nb.model.retention import GenerationRetention
from automatosx_nb.model.settings import ConfiguredSettings, Preset, Said, SettingLock, lock_pattern
from automatosx_nb.model.spelling import nearest
from automatosx_nb.sandbox.limits import Limits

_DEFAULT, _BUS = Limits(), BusLimits()
_DEFAULT_SERVICES = ServiceLimits()


AUTO = ("minor", "patch", "off")
"""From the loosest to the strictest."""


class SandboxLimits(Configurable):  # type: ignore[misc,unused-ignore]
    """What a plugin's worker may use at most; a plugin's own wish is capped by it."""

    memory_mb = Int(_DEFAULT.memory_mb, min=1, help="Address space of a worker, MiB.").tag(config=True)
    resident_mb = Int(_DEFAULT.resident_mb, min=1, help="Memory that a worker takes of this computer, MiB.").tag(
        config=True
    )
    cpu_s = Int(_DEFAULT.cpu_s, min=1, help="CPU seconds of a worker's whole life.").tag(config=True)
    wall_s = Float(_DEFAULT.wall_s, min=0.1, help="Wall time of one call, seconds.").tag(config=True)
    start_s = Float(_DEFAULT.start_s, min=0.1, help="Wall time to start and to load a plugin, seconds.").tag(
        config=True
    )
    idle_s = Float(_DEFAULT.idle_s, min=0.1, help="A worker ends after so many seconds without a call.").tag(
        config=True
    )
    open_files = Int(_DEFAULT.open_files, min=16, help="Files that a worker may have open at a time.").tag(config=True)
    threads = Int(_DEFAULT.threads, min=1, help="Threads of a worker at a time.").tag(config=True)
    messages = Int(_DEFAULT.messages, min=1, help="Questions to the host and pieces of output in one call.").tag(
        config=True
    )
    messages_per_s = Int(
        _DEFAULT.messages_per_s, min=20, help="The same in a second; what comes faster waits, on the call's time."
    ).tag(config=True)
    file_mb = Int(_DEFAULT.file_mb, min=1, help="Largest file in a worker's temporary directory, MiB.").tag(config=True)
    disk_mb = Int(_DEFAULT.disk_mb, min=1, help="All files in a worker's temporary directory, MiB.").tag(config=True)
    table_mb = Int(_DEFAULT.table_mb, min=1, help="Largest table handed to a plugin or back, MiB.").tag(config=True)
    read_mb = Int(_DEFAULT.read_mb, min=1, help="Largest file handed to a plugin to be read, MiB.").tag(config=True)
    write_mb = Int(_DEFAULT.write_mb, min=1, help="Largest file that one call may write, MiB.").tag(config=True)
    output_kb = Int(_DEFAULT.output_kb, min=1, help="Most text that one call may print, KiB.").tag(config=True)
    log_kb = Int(_DEFAULT.log_kb, min=1, help="Most text that one call may write into its plugin's log, KiB.").tag(
        config=True
    )


class SandboxPolicy(Configurable):  # type: ignore[misc,unused-ignore]
    """Which walls have to stand before any plugin starts."""

    require = List(
        Unicode(),
        help="Layers without which plugins do not start, as in ['landlock', 'seccomp'] (fail closed).",
    ).tag(config=True)
    prewarm = Bool(
        True, help="Start fork servers soon after the extension was loaded, so that no first call waits for one."
    ).tag(config=True)


class _Written(List):  # type: ignore[misc,type-arg,unused-ignore]
    """Texts of some small language, each refused where it cannot be read."""

    parse: Callable[[str], object]
    hint: str

    def validate(self, obj: Any, value: Any) -> Any:
        for text in super().validate(obj, value) or ():
            try:
                type(self).parse(text)
            except (InvalidPermission, InvalidPluginId, InvalidRange) as error:
                raise UnreadableRule(self.name or "", text, f"{error.problem()} {self.hint}") from error
        return value


class UnreadableRule(TraitError):  # type: ignore[misc,unused-ignore]
    """One text of a list cannot be read; it is kept, so that its line can be found."""

    def __init__(self, setting: str, text: str, reason: str) -> None:
        super().__init__(f"{setting} has {text!r}: {reason}")
        self.setting = setting
        self.text = text


class _Patterns(_Written):
    """Patterns of releases."""

    parse = staticmethod(Pattern.parse)
    hint = "Write 'publisher.name', 'publisher.name@range' or 'publisher.*'."


class _Rules(_Written):
    """Rules about permissions."""

    parse = staticmethod(PermissionRule.parse)
    hint = "Write 'storage', 'network:*' or '*', and 'storage for acme.*' for some plugins only."


class _Locks(_Written):
    """Settings of plugins."""

    parse = staticmethod(lock_pattern)
    hint = "Write 'publisher.name', 'publisher.name.setting' or '*'."


class _Duration(Unicode):  # type: ignore[misc,type-arg,unused-ignore]
    """A whole number and its unit."""

    def validate(self, obj: Any, value: Any) -> Any:
        try:
            parse_duration(super().validate(obj, value))
        except InvalidDuration as error:
            raise TraitError(f"{self.name}: {error.problem()} {error.next_step()}") from error
        return value


class RegistryPolicy(Configurable):  # type: ignore[misc,unused-ignore]
    """Which plugins may be installed at all, also as a dependency, from a lock or by a rollback."""

    allow = _Patterns(
        Unicode(),
        help="Only these: ids, publishers, ids in a range, as in ['acme.*', 'nordic.plots@^2']; empty: all.",
    ).tag(config=True)
    deny = _Patterns(Unicode(), help="None of these, whatever is allowed.").tag(config=True)


class UpdatePolicy(Configurable):  # type: ignore[misc,unused-ignore]
    """Which releases are chosen by themselves."""

    cooldown = _Duration(
        "0 days",
        help="Releases younger than that are not chosen unless named exactly, as in '3 days' or '36 hours'.",
    ).tag(config=True)
    auto = Enum(
        AUTO, "off", help="Once a day, update what asks for nothing more: 'patch' steps, 'minor' ones too, or 'off'."
    ).tag(config=True)
    probation = _Duration(
        "24 hours", help="A plugin that keeps ending so soon after its update goes back to its version before."
    ).tag(config=True)
    keep_generations = Int(20, min=2, help="How many generations gc leaves, the newest.").tag(config=True)
    keep_for = _Duration("30 days", help="Younger generations are left by gc, too.").tag(config=True)


class PermissionPolicy(Configurable):  # type: ignore[misc,unused-ignore]
    """What becomes of the permissions that plugins ask for. Both lists add up over all layers; deny beats allow."""

    default = Enum(
        DEFAULTS,
        "ask",
        help="For what no rule names: 'ask' a person, 'deny' it, or 'allow-low' what has a low risk and ask for more.",
    ).tag(config=True)
    allow = _Rules(
        Unicode(),
        help="Granted without a question, as in ['modules:pyarrow', 'storage for acme.*'].",
    ).tag(config=True)
    deny = _Rules(
        Unicode(),
        help="Granted by nobody, and refused at every call, as in ['display:*', '* for nordic.plots@<2'].",
    ).tag(config=True)


class PluginSettings(Configurable):  # type: ignore[misc,unused-ignore]
    """What the settings that plugins declare are here."""

    preset = Dict(
        value_trait=Dict(key_trait=Unicode()),
        key_trait=Unicode(),
        help="Plugin, setting, value, as in {'acme.csv-doctor': {'max-rows': 500}}.",
    ).tag(config=True)
    locked = _Locks(
        Unicode(),
        help="What nothing later changes, as in ['acme.csv-doctor', 'acme.csv-doctor.max-rows', '*'].",
    ).tag(config=True)


class BusPolicy(Configurable):  # type: ignore[misc,unused-ignore]
    """How much of the kernel's event bus plugins may take."""

    per_s = Float(
        _BUS.per_s, min=0.1, max=10_000, help="Events that one plugin publishes in a second; then it is slowed down."
    ).tag(config=True)
    burst = Int(_BUS.burst, min=1, max=100_000, help="Events that it publishes at once before that.").tag(config=True)
    payload_kb = Int(_BUS.payload_kb, min=1, max=64, help="The data of one event as JSON, KiB.").tag(config=True)
    queue = Int(
        _BUS.queue, min=1, max=MAX_QUEUE, help="Events that wait for one subscription, whatever it asks for."
    ).tag(config=True)
    hops = Int(_BUS.hops, min=1, max=1000, help="Events that may lead to one another in a row.").tag(config=True)


class SettingLocks(Configurable):  # type: ignore[misc,unused-ignore]
    """What an administrator decides for everybody."""

    locked = List(
        Unicode(),
        help="What later layers can only make stricter, as in ['PermissionPolicy', 'SandboxLimits.memory_mb'].",
    ).tag(config=True)


class AuditPolicy(Configurable):  # type: ignore[misc,unused-ignore]
    """How much of the audit log is kept."""

    keep_days = Int(KEEP_DAYS, min=1, max=36500, help="Older entries are dropped, a day's at a time.").tag(config=True)
    max_mb = Int(MAX_MB, min=1, help="At this size the older half of the log is dropped, MiB.").tag(config=True)


class ServicePolicy(Configurable):  # type: ignore[misc,unused-ignore]
    """How plugins may call each other."""

    deadline_s = Float(
        _DEFAULT_SERVICES.deadline_s, min=0.1, help="Longest that one call of a service may take, seconds."
    ).tag(config=True)
    in_flight = Int(_DEFAULT_SERVICES.in_flight, min=1, help="Calls that one plugin has to answer at a time.").tag(
        config=True
    )
    depth = Int(_DEFAULT_SERVICES.depth, min=1, help="Plugins that call each other in a chain.").tag(config=True)


CONFIGURABLES: tuple[type[Configurable], ...] = (
    SandboxLimits,
    HttpLimits,
    CallRates,
    SandboxPolicy,
    RegistryPolicy,
    RegistryConnection,
    UpdatePolicy,
    PermissionPolicy,
    AuditPolicy,
    PluginSettings,
    BusPolicy,
    ServicePolicy,
    SettingLocks,
)


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
    permissions: Permissions = field(default_factory=Permissions)
    plugin_settings: ConfiguredSettings = field(default_factory=ConfiguredSettings)
    services: ServiceLimits = _DEFAULT_SERVICES
    calls: CallLimits = field(default_factory=CallLimits)
    registry: Connection = field(default_factory=Connection)
    bus: BusLimits = field(default_factory=BusLimits)


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
        services=ServiceLimits(*(stack.value("ServicePolicy", each.name) for each in fields(ServiceLimits))),
        calls=call_limits(stack.value),
        registry=connection(stack.value),
        bus=stack.bus_limits(),
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
        return Policy(first, self._all(Pattern.parse, "RegistryPolicy", "deny"), tuple(also))

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
    if section in ("SandboxLimits", "ServicePolicy", "HttpLimits", "CallRates", "BusPolicy"):
        return min(one, other)
    if section == "RegistryConnection":
        return one
    if isinstance(one, list):
        return [*one, *(each for each in other if each not in one)]
    order: Mapping[str, Callable[[Any], Any]] = {
        "default": DEFAULTS.index,
        "cooldown": parse_duration,
        "auto": AUTO.index,
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
