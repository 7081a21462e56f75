"""A lock as a record, and how two of them differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from automatosx_nb.model.generation import Channel

MAX_NOTE = 200
"""Characters of a pin's note."""
LOCK_VERSION = 1


@dataclass(frozen=True, slots=True)
class LockedPlugin:
    """One plugin of a lock."""

    version: str
    sha256: str
    """Of the artifact, in hexadecimal."""
    size: int
    """Bytes of the artifact."""
    grants: tuple[str, ...] = ()
    """The permissions that it was granted, sorted."""
    dependencies: Mapping[str, str] = field(default_factory=dict)
    """Plugin id → range, as its manifest says."""
    optional_dependencies: Mapping[str, str] = field(default_factory=dict)
    channel: Channel = "stable"
    pin: str | None = None
    """The note of who holds it at its version, which may be empty; None: nobody does."""


@dataclass(frozen=True, slots=True)
class Lockfile:
    """A lock without a problem: its plugins are what the wishes lead to, and meet each other's requirements."""

    created_by: str
    """The tool and its version."""
    registry: str
    """The address of the registry that it was made with."""
    wishes: Mapping[str, str]
    """Plugin id → the range that a user asked for."""
    plugins: Mapping[str, LockedPlugin]

    @property
    def grants_digest(self) -> str:
        """One name for all that is granted to whom: SHA-256 of the lines ``id permission``, sorted, as UTF-8."""
        plugins = sorted(self.plugins)
        lines = (f"{plugin} {grant}\n" for plugin in plugins for grant in sorted(self.plugins[plugin].grants))
        return f"sha256:{sha256(''.join(lines).encode()).hexdigest()}"


def differences(lock: Lockfile, found: Lockfile) -> tuple[str, ...]:
    """What a profile, described by ``found``, has other than ``lock`` says, in sentences.

    Which tool or registry a lock was made with is no difference.
    """
    return tuple(
        sentence for plugin in sorted({*lock.plugins, *found.plugins}) for sentence in _plugin(plugin, lock, found)
    )


def _plugin(plugin: str, lock: Lockfile, found: Lockfile) -> Iterator[str]:
    wanted, there = lock.plugins.get(plugin), found.plugins.get(plugin)
    if there is None:
        assert wanted is not None
        yield f"{plugin} {wanted.version} is not installed"
        return
    if wanted is None:
        yield f"{plugin} {there.version} is installed, and not in the lock"
        return
    if wanted.version != there.version:
        yield f"{plugin} {there.version} is installed, and the lock has {wanted.version}"
    elif wanted.sha256 != there.sha256:
        yield f"{plugin} {there.version} is installed with other bytes: {there.sha256}, not {wanted.sha256}"
    elif _manifest_facts(wanted) != _manifest_facts(there):
        yield f"{plugin} {there.version} has another size or other dependencies than the lock says"
    if wanted.channel != there.channel:
        yield f"{plugin} follows the channel {there.channel}, and in the lock {wanted.channel}"
    if (wanted.pin is None) != (there.pin is None):
        yield f"{plugin} is {'pinned, and not' if wanted.pin is None else 'not pinned, as it is'} in the lock"
    yield from (f"{plugin} is granted {grant}, and not in the lock" for grant in _without(there, wanted))
    yield from (f"{plugin} is not granted {grant}, as it is in the lock" for grant in _without(wanted, there))
    before, after = found.wishes.get(plugin), lock.wishes.get(plugin)
    if before != after:
        yield f"your wish for {plugin} is {before or 'none'}, and in the lock {after or 'none: it is a dependency'}"


def _manifest_facts(locked: LockedPlugin) -> object:
    return locked.size, locked.dependencies, locked.optional_dependencies


def _without(one: LockedPlugin, other: LockedPlugin) -> tuple[str, ...]:
    return tuple(grant for grant in one.grants if grant not in other.grants)
