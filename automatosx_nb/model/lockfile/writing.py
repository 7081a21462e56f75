"""A lock as text: the same record gives the same bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from automatosx_nb.model.lockfile.record import LOCK_VERSION, LockedPlugin, Lockfile

_HEAD = """\
# Written by 'jupyter automatosx lock'; 'jupyter automatosx sync' makes a profile exactly this.
# Not to be edited by hand. After a merge conflict take one side and lock again: docs/lockfile.md says how.
"""


def render(lock: Lockfile) -> str:
    """TOML 1.0, everything sorted, with a line end at the end; :func:`.parse` is its inverse."""
    return _HEAD + "\n".join(_lines(lock)) + "\n"


def document(lock: Lockfile) -> dict[str, Any]:
    """The same tables as JSON; :func:`.parse_document` is its inverse."""
    return {
        "created-by": lock.created_by,
        "grants-digest": lock.grants_digest,
        "lock-version": LOCK_VERSION,
        "plugins": {plugin: _table(lock.plugins[plugin]) for plugin in sorted(lock.plugins)},
        "registry": lock.registry,
        "wishes": {plugin: lock.wishes[plugin] for plugin in sorted(lock.wishes)},
    }


def _table(locked: LockedPlugin) -> dict[str, Any]:
    ranges = {"dependencies": locked.dependencies, "optional-dependencies": locked.optional_dependencies}
    facts = {"grants": sorted(locked.grants), "sha256": locked.sha256, "size": locked.size, "version": locked.version}
    held = {"channel": locked.channel if locked.channel != "stable" else None, "pin": locked.pin}
    return {
        **{key: dict(sorted(table.items())) for key, table in ranges.items() if table},
        **facts,
        **{key: value for key, value in held.items() if value is not None},
    }


def _lines(lock: Lockfile) -> Iterator[str]:
    yield f"lock-version = {LOCK_VERSION}"
    yield f"created-by = {text(lock.created_by)}"
    yield f"registry = {text(lock.registry)}"
    yield f"grants-digest = {text(lock.grants_digest)}"
    yield from ("", "[wishes]")
    yield from (f"{text(plugin)} = {text(lock.wishes[plugin])}" for plugin in sorted(lock.wishes))
    for plugin in sorted(lock.plugins):
        yield from ("", f"[plugins.{text(plugin)}]")
        yield from _plugin(lock.plugins[plugin])


def _plugin(locked: LockedPlugin) -> Iterator[str]:
    yield f"version = {text(locked.version)}"
    yield f"sha256 = {text(locked.sha256)}"
    yield f"size = {locked.size}"
    yield f"grants = {_list(locked.grants)}"
    if locked.dependencies:
        yield f"dependencies = {_inline(locked.dependencies)}"
    if locked.optional_dependencies:
        yield f"optional-dependencies = {_inline(locked.optional_dependencies)}"
    if locked.channel != "stable":
        yield f"channel = {text(locked.channel)}"
    if locked.pin is not None:
        yield f"pin = {text(locked.pin)}"


def text(value: str) -> str:
    """A basic string, or a quoted key. TOML escapes what JSON does, and DEL (https://toml.io/en/v1.0.0#string)."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _list(values: Sequence[str]) -> str:
    return f"[{', '.join(map(text, sorted(values)))}]"


def _inline(table: Mapping[str, str]) -> str:
    return f"{{{', '.join(f'{text(key)} = {text(table[key])}' for key in sorted(table))}}}"
