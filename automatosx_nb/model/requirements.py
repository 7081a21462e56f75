"""The readers of what a manifest requires and asks for: ids, ranges, packages, permissions, limits."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from automatosx_nb.errors import InvalidPermission, InvalidPluginId, InvalidRange, InvalidVersion
from automatosx_nb.model.names import parse_plugin_id
from automatosx_nb.model.permissions import KINDS, Permission
from automatosx_nb.model.reader import Spot, Table, line, one_of, tuple_of
from automatosx_nb.model.semver import Range, Version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

PLUGIN_ID = "'publisher.name' in small letters, digits and single hyphens"
VERSION = "a SemVer version, as in '1.2.0'"
RANGE = "a version range as npm writes it, as in '^1.2' or '>=1.0 <3.0'"
PLATFORMS = ("linux", "macos", "windows")
"""Operating systems, by the names that people use."""
REQUIRES = 'automatosx, as in automatosx = "^1.0"'

LIMITS: Mapping[str, tuple[type[int] | type[float], int, int]] = {
    "memory-mb": (int, 64, 65536),
    "resident-mb": (int, 16, 65536),
    "cpu-s": (int, 1, 86400),
    "wall-s": (float, 1, 3600),
    "start-s": (float, 1, 300),
    "idle-s": (float, 1, 86400),
    "open-files": (int, 16, 1024),
    "file-mb": (int, 1, 4096),
    "disk-mb": (int, 1, 65536),
    "table-mb": (int, 1, 65536),
    "output-kb": (int, 1, 65536),
    "log-kb": (int, 1, 65536),
}
"""Limit → its type, smallest and largest wish. What is missing here protects the host, and is no plugin's."""


@dataclass(frozen=True, slots=True)
class Requires:
    """``automatosx`` is the range of the core runtime; ``python`` a PEP 440 specifier set, empty: any."""

    automatosx: Range
    python: str = ""
    plugins: Mapping[str, Range] = field(default_factory=dict)
    optional_plugins: Mapping[str, Range] = field(default_factory=dict)
    packages: tuple[str, ...] = ()
    """PEP 508 requirements; they are checked, never installed."""
    platforms: tuple[str, ...] = ()
    """Of :data:`PLATFORMS`; empty: any."""


def requires_of(own: str | None) -> Callable[[Spot], Requires | None]:
    """The reader of ``[requires]`` of the plugin whose id is ``own`` (None: it is not known)."""

    def read(spot: Spot) -> Requires | None:
        return _requires(spot, own)

    return read


def _requires(spot: Spot, own: str | None) -> Requires | None:
    table = spot.table()
    if table is None:
        return None
    core = table.need("automatosx", version_range, RANGE)
    python = table.get("python", _python) or ""
    plugins = table.get("plugins", plugin_ranges) or {}
    optional = table.get("optional-plugins", plugin_ranges) or {}
    packages = table.get("packages", tuple_of(_package, "a list of PEP 508 requirements")) or ()
    platforms = table.get("platforms", _platforms) or ()
    table.finish()
    for twice in sorted(plugins.keys() & optional.keys()):
        spot.refuse("each plugin once: required or optional", found=f"{twice!r} twice")
    if own in plugins or own in optional:
        spot.refuse("other plugins", found=f"{own!r}, which is this plugin itself")
    return None if core is None else Requires(core, python, plugins, optional, packages, platforms)


def plugin_id(spot: Spot) -> str | None:
    if not isinstance(spot.value, str):
        spot.refuse(PLUGIN_ID)
        return None
    return _plugin_id(spot.value, spot)


def plugin_key(key: str, spot: Spot) -> str | None:
    """The ``key`` of ``spot``, where plugin ids are keys."""
    return _plugin_id(key, spot, found=f"the key {key[:60]!r}")


def version(spot: Spot) -> Version | None:
    if isinstance(spot.value, str) and len(spot.value) <= 256:
        try:
            return Version.parse(spot.value)
        except InvalidVersion as error:
            spot.refuse_at(VERSION, error)
            return None
    spot.refuse(VERSION)
    return None


def version_range(spot: Spot) -> Range | None:
    if isinstance(spot.value, str) and len(spot.value) <= 256:
        try:
            return Range.parse(spot.value)
        except InvalidRange as error:
            spot.refuse_at(RANGE, error)
            return None
    spot.refuse(RANGE)
    return None


def reasons(table: Table, *, aside: Iterable[str] = ()) -> dict[str, str]:
    """A table of permissions, each with the reason that the user reads before consenting."""
    found: dict[str, str] = {}
    for key, spot in table.entries(aside=aside):
        reason = line(200)(spot)
        try:
            permission = str(Permission.parse(key))
        except InvalidPermission as error:
            valid = f"a permission of the kinds {', '.join(KINDS)}"
            found_kind = key.partition(":")[0]
            refused = f"a key that is no permission: {error.reason}"
            spot.problems.add(spot.path, refused, valid, word=found_kind, known=error.nearest)
            continue
        if permission != key:
            spot.problems.add(spot.path, f"the key {key!r}", f"{permission!r}, the one spelling of it")
        elif reason is not None:
            found[permission] = reason
    return found


def limits(spot: Spot) -> dict[str, int | float] | None:
    """The plugin's wishes by the names of ``sandbox.limits.Limits``: ``memory-mb`` is ``memory_mb``."""
    table = spot.table("a table of limits")
    if table is None:
        return None
    found = {key: table.get(key, _limit(*LIMITS[key])) for key in LIMITS}
    table.finish()
    return {key.replace("-", "_"): value for key, value in found.items() if value is not None}


def _limit(kind: type[int] | type[float], least: int, most: int) -> Callable[[Spot], int | float | None]:
    def read(spot: Spot) -> int | float | None:
        value = spot.value
        fits = isinstance(value, int | kind) and not isinstance(value, bool) and math.isfinite(value)
        if fits and isinstance(value, int | float) and least <= value <= most:
            return value
        spot.refuse(f"{'a whole number' if kind is int else 'a number'} from {least} to {most}")
        return None

    return read


def plugin_ranges(spot: Spot) -> dict[str, Range] | None:
    """A table of plugin ids and the version ranges that are required of them."""
    table = spot.table("a table of plugin ids and version ranges")
    if table is None:
        return None
    found: dict[str, Range] = {}
    for key, entry in table.entries():
        wanted = version_range(entry)
        if plugin_key(key, entry) is not None and wanted is not None:
            found[key] = wanted
    return found


def _plugin_id(text: str, spot: Spot, *, found: str | None = None) -> str | None:
    try:
        return parse_plugin_id(text)
    except InvalidPluginId as error:
        known = (error.suggestion,) if error.suggestion else ()
        spot.refuse(PLUGIN_ID, found=found, word=error.suggestion or "", known=known)
        return None


_platforms = tuple_of(one_of(PLATFORMS, "one of"), f"a list of {', '.join(PLATFORMS)}, one at least", least=1)


def _python(spot: Spot) -> str | None:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    if isinstance(spot.value, str) and 0 < len(spot.value) <= 200:
        try:
            SpecifierSet(spot.value)
        except InvalidSpecifier:
            pass
        else:
            return spot.value
    spot.refuse("a PEP 440 specifier set, as in '>=3.11'")
    return None


def _package(spot: Spot) -> str | None:
    from packaging.requirements import InvalidRequirement, Requirement

    valid = "a PEP 508 requirement, as in 'pandas>=2'"
    if isinstance(spot.value, str) and 0 < len(spot.value) <= 200:
        try:
            requirement = Requirement(spot.value)
        except InvalidRequirement as error:
            spot.refuse(valid, found=f"{spot.value!r} ({str(error).splitlines()[0]})")
            return None
        if requirement.url is None:
            return spot.value
        spot.refuse(f"{valid}, without a URL: packages are checked against the environment, not fetched")
        return None
    spot.refuse(valid)
    return None
