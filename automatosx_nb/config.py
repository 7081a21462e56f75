"""Configuration: traitlets at the edge, frozen settings inside.

Read from the running application's config (``c.SandboxLimits.memory_mb = 2048`` in ``ipython_config.py`` or
``jupyter_server_config.py``) and, before that, from ``automatosx_config.json`` or ``.py`` in Jupyter's config folders.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import timedelta
from pathlib import Path
from typing import Any

from traitlets import Bool, Float, Int, List, TraitError, Unicode
from traitlets.config import Config, Configurable
from traitlets.config.loader import ConfigFileNotFound, JSONFileConfigLoader, PyFileConfigLoader

from automatosx_nb.errors import InvalidConfiguration, InvalidDuration, InvalidPluginId, InvalidRange
from automatosx_nb.home import default_home
from automatosx_nb.host.audit import KEEP_DAYS, MAX_MB
from automatosx_nb.model.policy import Pattern, Policy, parse_duration
from automatosx_nb.model.spelling import nearest
from automatosx_nb.sandbox.limits import Limits

FILE_NAME = "automatosx_config"
_DEFAULT = Limits()


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


class _Patterns(List):  # type: ignore[misc,type-arg,unused-ignore]
    """Patterns of releases, each refused where it cannot be read."""

    def validate(self, obj: Any, value: Any) -> Any:
        for text in super().validate(obj, value) or ():
            try:
                Pattern.parse(text)
            except (InvalidPluginId, InvalidRange) as error:
                raise TraitError(f"{self.name} has {text!r}: {error.problem()} {_PATTERNS}") from error
        return value


class _Duration(Unicode):  # type: ignore[misc,type-arg,unused-ignore]
    """A whole number and its unit."""

    def validate(self, obj: Any, value: Any) -> Any:
        try:
            parse_duration(super().validate(obj, value))
        except InvalidDuration as error:
            raise TraitError(f"{self.name}: {error.problem()} {error.next_step()}") from error
        return value


_PATTERNS = "Write 'publisher.name', 'publisher.name@range' or 'publisher.*'."


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


class AuditPolicy(Configurable):  # type: ignore[misc,unused-ignore]
    """How much of the audit log is kept."""

    keep_days = Int(KEEP_DAYS, min=1, max=36500, help="Older entries are dropped, a day's at a time.").tag(config=True)
    max_mb = Int(MAX_MB, min=1, help="At this size the older half of the log is dropped, MiB.").tag(config=True)


CONFIGURABLES: tuple[type[Configurable], ...] = (
    SandboxLimits,
    SandboxPolicy,
    RegistryPolicy,
    UpdatePolicy,
    AuditPolicy,
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


def load_settings(config: Config | None = None, *, home: Path | None = None) -> Settings:
    """Files first, then ``config``, the running application's own.

    :raises InvalidConfiguration: a file or a value is not readable; nothing that needs it starts.
    """
    merged = _from_files()
    merged.merge(config or Config())
    limits = _make(SandboxLimits, merged)
    policy = _make(SandboxPolicy, merged)
    registry = _make(RegistryPolicy, merged)
    audit = _make(AuditPolicy, merged)
    names = {field.name for field in fields(Limits)} & set(limits.trait_names())
    return Settings(
        home=home or default_home(),
        limits=Limits(**{name: getattr(limits, name) for name in names}),
        required_layers=tuple(policy.require),
        policy=Policy(_patterns(registry.allow), _patterns(registry.deny)),
        cooldown=parse_duration(_make(UpdatePolicy, merged).cooldown),
        prewarm=policy.prewarm,
        audit=Retention(timedelta(days=audit.keep_days), audit.max_mb),
    )


def _patterns(texts: Iterable[str]) -> tuple[Pattern, ...]:
    return tuple(map(Pattern.parse, texts))


def _from_files() -> Config:
    from jupyter_core.paths import jupyter_config_path

    merged = Config()
    for folder in reversed(jupyter_config_path()):
        for loader in (JSONFileConfigLoader, PyFileConfigLoader):
            suffix = "json" if loader is JSONFileConfigLoader else "py"
            where = str(Path(folder) / f"{FILE_NAME}.{suffix}")
            try:
                loaded = loader(f"{FILE_NAME}.{suffix}", path=folder).load_config()
            except ConfigFileNotFound:
                continue
            except Exception as error:  # a config file is the user's own code: anything can come out of it
                raise InvalidConfiguration(where, str(error)) from error
            _check_sections(where, loaded)
            merged.merge(loaded)
    return merged


def _check_sections(where: str, loaded: Config) -> None:
    """A misspelt section in a file of ours would leave a wall down without a word."""
    known = [configurable.__name__ for configurable in CONFIGURABLES]
    for name in loaded:
        if name not in known and loaded[name]:
            near = " or ".join(f"c.{each}" for each in nearest(name, known, most=1))
            raise InvalidConfiguration(
                where, f"there is no section c.{name}" + (f": did you mean {near}?" if near else "")
            )


def _make(configurable: type[Configurable], config: Config) -> Any:
    name = configurable.__name__
    unknown = set(config.get(name, {})) - set(configurable.class_trait_names(config=True))
    if unknown:
        raise InvalidConfiguration(f"c.{name}", f"there is no setting {', '.join(sorted(unknown))}")
    try:
        return configurable(config=config)
    except TraitError as error:
        raise InvalidConfiguration(f"c.{name}", str(error)) from error
