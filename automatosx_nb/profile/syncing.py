"""What a lock would change: the one release that it names of each plugin, and the plan that leads there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

from automatosx_nb.errors import InvalidLockfile, LockedReleaseGone
from automatosx_nb.model.changelog import news
from automatosx_nb.model.flags import deprecation, warnings_of
from automatosx_nb.model.permissions import not_covered
from automatosx_nb.model.plan import Plan, PlannedChange
from automatosx_nb.model.reader import Problems, key_path
from automatosx_nb.model.release import IndexRelease, ReleaseDetail
from automatosx_nb.model.semver import Range, Version
from automatosx_nb.package import Package, read
from automatosx_nb.profile.changes import (
    MissingPackages,
    change_kind,
    refuse_denied,
    refuse_taken_magics,
    release_of,
    rewished,
)
from automatosx_nb.profile.details import release_detail_of
from automatosx_nb.profile.index import SILENT, index_release_of, with_flags_of

if TYPE_CHECKING:
    from automatosx_nb.model.consent import PermissionPolicy
    from automatosx_nb.model.generation import Channel, Generation, InstalledPlugin, Pin
    from automatosx_nb.model.lockfile import LockedPlugin, Lockfile
    from automatosx_nb.model.ports import Registry
    from automatosx_nb.profile.store import Store


class LockedIndex:
    """Of each locked plugin the one release with the locked bytes: the registry's or, where it lost that, the store's.

    A release that was yanked is there like any other, for a lock names it exactly; one that is quarantined is marked
    so, also where the store has it.
    """

    def __init__(self, registry: Registry, lock: Lockfile, store: Store, source: str) -> None:
        """:raises LockedReleaseGone: neither of them has it.
        :raises InvalidLockfile: the release is not what ``lock`` says of it.
        """
        self.source = source
        self._registry = registry
        self._store = store
        self._locked = lock.plugins
        self._packages: dict[str, Package] = {}
        self._missing: list[str] = []
        self._there = self._all_there()
        found = {plugin: self._find(plugin, locked) for plugin, locked in lock.plugins.items()}
        if self._missing:
            raise LockedReleaseGone(source, tuple(self._missing), registry.address, lock.registry)
        self._releases = {plugin: release for plugin, release in found.items() if release is not None}
        self._check_facts(lock)

    def releases(self, plugin: str, /) -> Sequence[IndexRelease]:
        return (self._releases[plugin],) if plugin in self._releases else ()

    def detail(self, plugin: str) -> ReleaseDetail:
        package = self._packages.get(plugin)
        if package is not None:
            return release_detail_of(package)
        return release_of(self._registry.plugin(plugin), str(self._releases[plugin].version))

    def changelog(self, plugin: str) -> str:
        package = self._packages.get(plugin)
        if package is not None:
            return package.changelog
        return self._registry.changelog(plugin, str(self._releases[plugin].version))

    def bytes_to_fetch(self, locked: LockedPlugin) -> int:
        return 0 if self._store.has(locked.sha256) else locked.size

    def _find(self, plugin: str, locked: LockedPlugin) -> IndexRelease | None:
        releases = self._there.get(plugin, ())
        published = next((each for each in releases if str(each.version) == locked.version), None)
        if published is not None and published.sha256 == locked.sha256:
            return published
        if self._store.has(locked.sha256):
            package = self._packages[plugin] = read(self._store.read(locked.sha256), name=f"{plugin} {locked.version}")
            stored = index_release_of(package)
            if published is None:
                return stored
            return with_flags_of(published, stored)
        has = "no such version" if releases else "no such plugin"
        if published is not None:
            has = f"other bytes under this version, {published.sha256} and not {locked.sha256}"
        self._missing.append(f"{plugin} {locked.version}: the registry has {has}")
        return None

    def _all_there(self) -> Mapping[str, Sequence[IndexRelease]]:
        """Nothing where the registry cannot be reached, or lets nobody in, and the store will do.

        :raises RegistryUnreachable: the store lacks what is locked. So do RegistryRefused and TokenRefused say.
        """
        try:
            return self._registry.releases_many(self._locked)
        except SILENT:
            if all(self._store.has(locked.sha256) for locked in self._locked.values()):
                return {}
            raise

    def _check_facts(self, lock: Lockfile) -> None:
        """A lock only repeats what is in the artifact, so that people can read it."""
        problems = Problems()
        for plugin, locked in lock.plugins.items():
            for key, found, valid in _untrue(plugin, locked, self._releases[plugin], self._packages.get(plugin)):
                problems.add(key_path(key_path("plugins", plugin), key), found, f"{valid}, as its artifact says")
        if problems.told:
            raise InvalidLockfile(self.source, problems.all())


def plan_sync(
    current: Generation,
    lock: Lockfile,
    index: LockedIndex,
    *,
    order: Iterable[str],
    missing: MissingPackages,
    permissions: PermissionPolicy,
    pin: Callable[[str], Pin],
) -> Plan:
    """From ``current`` to exactly ``lock``: versions, bytes, grants, wishes, channels and pins.

    ``order`` is that of activation; ``pin`` makes one of a note.

    :raises InvalidLockfile: it grants a plugin what that does not ask for.
    :raises PolicyForbids: it grants what ``permissions`` denies.
    :raises MagicTaken:
    """
    name = PurePath(index.source).name
    kept = {plugin: locked.version for plugin, locked in lock.plugins.items() if _is_so(current, plugin, locked)}
    incoming = {plugin: index.detail(plugin) for plugin in order if plugin not in kept}
    _refuse_unasked_grants(lock, incoming, index.source)
    for plugin in incoming:
        refuse_denied(permissions, plugin, lock.plugins[plugin].version, lock.plugins[plugin].grants)
    changes = [
        _change(current, plugin, lock, release, index, missing, permissions) for plugin, release in incoming.items()
    ]
    changes += [
        PlannedChange(plugin, "remove", entry.version, None, f"it is not in {name}")
        for plugin, entry in current.plugins.items()
        if plugin not in lock.plugins
    ]
    refuse_taken_magics(
        current, kept, {plugin: each.contributions.get("magics", ()) for plugin, each in incoming.items()}
    )
    return Plan(
        current.number,
        f"sync {name}",
        tuple(changes),
        kept,
        lock.wishes,
        rewished(current, kept, lock.wishes),
        pins=_pins(current, lock, pin),
        channels=_channels(current, lock),
        grants_digest=lock.grants_digest,
    )


def _pins(current: Generation, lock: Lockfile, pin: Callable[[str], Pin]) -> dict[str, Pin | None]:
    """Those that are set or lifted; of one that stays, with its version, whoever set it here is kept, and the note."""
    found: dict[str, Pin | None] = {}
    for plugin, locked in lock.plugins.items():
        entry = current.plugins.get(plugin)
        held = entry is not None and entry.version == locked.version and entry.pin is not None
        if held != (locked.pin is not None):
            found[plugin] = None if locked.pin is None else pin(locked.pin)
    return found


def _channels(current: Generation, lock: Lockfile) -> dict[str, Channel]:
    now = {plugin: entry.channel for plugin, entry in current.plugins.items()}
    return {
        plugin: locked.channel for plugin, locked in lock.plugins.items() if locked.channel != now.get(plugin, "stable")
    }


def _is_so(current: Generation, plugin: str, locked: LockedPlugin) -> bool:
    entry = current.plugins.get(plugin)
    if entry is None or (entry.version, entry.sha256) != (locked.version, locked.sha256):
        return False
    return sorted(entry.grants) == list(locked.grants)


def _change(
    current: Generation,
    plugin: str,
    lock: Lockfile,
    release: ReleaseDetail,
    index: LockedIndex,
    missing: MissingPackages,
    permissions: PermissionPolicy,
) -> PlannedChange:
    locked, entry = lock.plugins[plugin], current.plugins.get(plugin)
    held, old = (entry.grants, entry.version) if entry else ((), None)
    (published,) = index.releases(plugin)
    reasons = {**release.permissions, **release.optional_permissions}
    fresh = not_covered(locked.grants, held)
    by_policy = permissions.granted(fresh, plugin, Version.parse(release.version))
    return PlannedChange(
        id=plugin,
        kind=change_kind(old, locked.version),
        old=old,
        new=locked.version,
        why=_why(entry, locked, PurePath(index.source).name),
        asks={grant: reasons[grant] for grant in fresh if grant not in by_policy},
        by_policy=by_policy,
        drops=tuple(grant for grant in held if grant not in locked.grants),
        size=index.bytes_to_fetch(locked),
        changelog="" if old in (None, locked.version) else news(index.changelog(plugin), old, locked.version),
        missing_packages=missing(release.packages),
        sha256=locked.sha256,
        grants=locked.grants,
        deprecated=deprecation(published),
        warnings=warnings_of(plugin, published),
        signature=release.signature,
    )


def _why(entry: InstalledPlugin | None, locked: LockedPlugin, name: str) -> str:
    if entry is None or entry.version != locked.version:
        return f"{name} has it so"
    if entry.sha256 != locked.sha256:
        return f"{name} has other bytes of it"
    return f"{name} grants it other permissions"


def _refuse_unasked_grants(lock: Lockfile, incoming: Mapping[str, ReleaseDetail], source: str) -> None:
    problems = Problems()
    for plugin, release in incoming.items():
        for place, grant in enumerate(lock.plugins[plugin].grants):
            if grant not in release.permissions and grant not in release.optional_permissions:
                path = key_path(key_path("plugins", plugin), "grants")
                problems.add(f"{path}[{place}]", repr(grant), f"a permission that {plugin} {release.version} asks for")
    if problems.told:
        raise InvalidLockfile(source, problems.all())


def _untrue(
    plugin: str, locked: LockedPlugin, release: IndexRelease, package: Package | None
) -> Iterator[tuple[str, str, str]]:
    """Key, what the lock says there, and what would be true."""
    if package is not None and (package.manifest.id, str(package.manifest.version)) != (plugin, locked.version):
        yield "sha256", "that of another artifact", f"that of {plugin} {locked.version}"
        return
    if locked.size != release.size:
        yield "size", str(locked.size), str(release.size)
    for key, said, true in (
        ("dependencies", locked.dependencies, release.dependencies),
        ("optional-dependencies", locked.optional_dependencies, release.optional_dependencies),
    ):
        if {other: Range.parse(wanted) for other, wanted in said.items()} != dict(true):
            yield key, _ranges(said), _ranges(true)


def _ranges(ranges: Mapping[str, object]) -> str:
    return ", ".join(f"{plugin} {ranges[plugin]}" for plugin in sorted(ranges)) or "none"
