"""Reading a lock strictly: as text, and then as a whole that has to hold together."""

from __future__ import annotations

import json
import re
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, cast, get_args

from automatosx_nb.errors import InvalidLockfile, InvalidPermission, LockfileConflict, LockfileTooNew
from automatosx_nb.model import requirements, toml
from automatosx_nb.model.generation import Channel
from automatosx_nb.model.lockfile.record import LOCK_VERSION, MAX_NOTE, LockedPlugin, Lockfile
from automatosx_nb.model.permissions import Permission
from automatosx_nb.model.reader import Problems, Spot, Table, describe, key_path, line, matching, one_of, tuple_of
from automatosx_nb.model.semver import Range, Version

if TYPE_CHECKING:
    from collections.abc import Mapping

PAGE = "docs/lockfile.md"
MAX_TEXT_KB = 2048
"""Largest lock, KiB of UTF-8: some thousand plugins."""
_MAX_GRANTS = 1000
_CONFLICT = re.compile(r"(?:<{7}|\|{7}|={7}|>{7})(?:[ \r]|\Z)")
"""What git and Mercurial write between the sides of a merge; no line of TOML begins so."""
_SHA256 = matching(re.compile(r"[0-9a-f]{64}"), "a SHA-256 in hexadecimal, 64 small digits")
_DIGEST = matching(re.compile(r"sha256:[0-9a-f]{64}"), "'sha256:' and 64 small hexadecimal digits")


def parse(text: str, *, source: str = "automatosx.lock") -> Lockfile:
    """Reads a lock; ``source`` is what its problems call it.

    :raises LockfileConflict: a merge left its marks in it.
    :raises LockfileTooNew:
    :raises InvalidLockfile: with everything else that is wrong with it.
    """
    marks = tuple(number for number, row in enumerate(text.split("\n"), 1) if _CONFLICT.match(row))
    if marks:
        raise LockfileConflict(source, marks)
    problems = Problems()
    document = toml.load(text, problems, most_kb=MAX_TEXT_KB, page=PAGE)
    return _whole(document, problems, source)


def parse_document(found: object, *, source: str) -> Lockfile:
    """As :func:`parse`, of the same tables in JSON, as a notebook carries them."""
    problems = Problems()
    if not isinstance(found, dict):
        problems.add("metadata.automatosx.lock", describe(found), "a lock: a table of lock-version, plugins and more")
        return _whole(None, problems, source)
    try:
        size = len(json.dumps(found))
    except RecursionError:
        problems.add("metadata.automatosx.lock", "tables or lists nested too deeply", f"the nesting that {PAGE} shows")
        return _whole(None, problems, source)
    if size > MAX_TEXT_KB * 1024:
        problems.add("metadata.automatosx.lock", f"a table of {size} bytes", f"at most {MAX_TEXT_KB} KiB")
        return _whole(None, problems, source)
    return _whole(found, problems, source)


def _whole(document: Mapping[str, object] | None, problems: Problems, source: str) -> Lockfile:
    """The lock, or everything that is wrong with it."""
    if document is not None:
        version = document.get("lock-version")
        if type(version) is int and version > LOCK_VERSION:
            raise LockfileTooNew(source, version, LOCK_VERSION)
        lock = _lockfile(Table(document, "", problems), problems)
        if lock is not None and not problems.told:
            return lock
    raise InvalidLockfile(source, problems.all())


def _lockfile(top: Table, problems: Problems) -> Lockfile | None:
    top.need("lock-version", _lock_version, str(LOCK_VERSION))
    created_by = top.need("created-by", line(100), "the tool that wrote it, and its version")
    registry = top.need("registry", line(500), "the address of the registry that it was made with")
    digest = top.need("grants-digest", _DIGEST, "the digest of all grants")
    wishes = top.need("wishes", requirements.plugin_ranges, "the table [wishes]")
    plugins = top.get("plugins", _plugins) or {}
    top.finish()
    if problems.told or created_by is None or registry is None or wishes is None:
        return None
    lock = Lockfile(created_by, registry, _texts(wishes), plugins)
    _check_grants(lock, digest, problems)
    _check_requirements(lock, problems)
    return lock


def _lock_version(spot: Spot) -> int | None:
    if type(spot.value) is int and spot.value == LOCK_VERSION:
        return LOCK_VERSION
    spot.refuse(str(LOCK_VERSION))
    return None


def _plugins(spot: Spot) -> dict[str, LockedPlugin] | None:
    table = spot.table("a table of plugin ids")
    if table is None:
        return None
    found = {}
    for key, entry in table.entries():
        plugin, locked = requirements.plugin_key(key, entry), _plugin(entry)
        if plugin is not None and locked is not None:
            found[plugin] = locked
    return found


def _plugin(spot: Spot) -> LockedPlugin | None:
    table = spot.table()
    if table is None:
        return None
    version = table.need("version", requirements.version, "a SemVer version, as in '1.2.0'")
    sha256 = table.need("sha256", _SHA256, "the SHA-256 of its artifact")
    size = table.need("size", _size, "the bytes of its artifact")
    grants = table.need("grants", tuple_of(_permission, "a list of permissions", most=_MAX_GRANTS), "a list")
    dependencies = table.get("dependencies", requirements.plugin_ranges) or {}
    optional = table.get("optional-dependencies", requirements.plugin_ranges) or {}
    channel = table.get("channel", one_of(get_args(Channel), "one of"))
    pin = table.get("pin", _note)
    table.finish()
    if version is None or sha256 is None or size is None or grants is None:
        return None
    locked = LockedPlugin(str(version), sha256, size, tuple(sorted(grants)), _texts(dependencies), _texts(optional))
    return replace(locked, channel=cast("Channel", channel or "stable"), pin=pin)


def _note(spot: Spot) -> str | None:
    return "" if spot.value == "" else line(MAX_NOTE)(spot)


def _size(spot: Spot) -> int | None:
    if type(spot.value) is int and spot.value > 0:
        return spot.value
    spot.refuse("a whole number of bytes")
    return None


def _permission(spot: Spot) -> str | None:
    valid = "a permission, as in 'storage' or 'modules:pyarrow'"
    if not isinstance(spot.value, str):
        spot.refuse(valid)
        return None
    try:
        return str(Permission.parse(spot.value))
    except InvalidPermission as error:
        spot.refuse(valid, found=f"{spot.value[:60]!r} ({error.reason})", word=spot.value, known=error.nearest)
        return None


def _texts(ranges: Mapping[str, Range]) -> dict[str, str]:
    return {plugin: str(wanted) for plugin, wanted in ranges.items()}


def _check_grants(lock: Lockfile, digest: str | None, problems: Problems) -> None:
    if digest != lock.grants_digest:
        valid = f"{lock.grants_digest!r}, the digest of the grants below: they are not those that were written"
        problems.add("grants-digest", repr(digest), valid)


def _check_requirements(lock: Lockfile, problems: Problems) -> None:
    """The plugins are all that the wishes lead to, nothing else, and every requirement holds.

    A locked prerelease is in a range as any version is: it was chosen on purpose.
    """
    _check_ranges(lock, "wishes", lock.wishes, problems)
    reached: set[str] = set()
    waiting = deque(lock.wishes)
    while waiting:
        plugin = waiting.popleft()
        if plugin not in reached and plugin in lock.plugins:
            reached.add(plugin)
            waiting.extend(lock.plugins[plugin].dependencies)
    for plugin in sorted(lock.plugins):
        locked, path = lock.plugins[plugin], key_path("plugins", plugin)
        if plugin not in reached:
            problems.add(path, "a plugin that no wish leads to", "a wish for it, or another plugin that requires it")
        _check_ranges(lock, f"{path}.dependencies", locked.dependencies, problems)
        present = {other: wanted for other, wanted in locked.optional_dependencies.items() if other in lock.plugins}
        _check_ranges(lock, f"{path}.optional-dependencies", present, problems)


def _check_ranges(lock: Lockfile, path: str, ranges: Mapping[str, str], problems: Problems) -> None:
    for plugin in sorted(ranges):
        wanted, locked = ranges[plugin], lock.plugins.get(plugin)
        if locked is None:
            problems.add(key_path(path, plugin), "a plugin that is not in the lock", "one of those under [plugins]")
        elif not Range.parse(wanted).allows(Version.parse(locked.version), prereleases=True):
            found = f"{wanted!r}, and version {locked.version} in the lock"
            problems.add(key_path(path, plugin), found, "a range that the locked version is in")
