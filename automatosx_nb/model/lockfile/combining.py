"""What of a lock a notebook needs, and what comes of it beside other plugins. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from automatosx_nb.model.lockfile.record import LockedPlugin, Lockfile
from automatosx_nb.model.semver import Range, Version

if TYPE_CHECKING:
    from automatosx_nb.model.generation import InstalledPlugin


def part_of(lock: Lockfile, plugins: Collection[str]) -> Lockfile:
    """Those of ``lock`` that are among ``plugins``, which nothing else has to require, with all that they require.

    How somebody's profile goes on from there, by a channel or a pin, is no part of what a notebook needs.
    """
    wished = {plugin: locked for plugin, locked in lock.plugins.items() if plugin in plugins}
    needed = {plugin: replace(locked, channel="stable", pin=None) for plugin, locked in lock.plugins.items()}
    wishes = {plugin: lock.wishes.get(plugin, f"^{locked.version}") for plugin, locked in wished.items()}
    return replace(lock, wishes=wishes, plugins=_required(needed, wishes))


def lacking(lock: Lockfile, installed: Mapping[str, InstalledPlugin]) -> tuple[str, ...]:
    """What ``lock`` names and a profile does not have so, in sentences; what the profile has besides is its own."""
    return tuple(
        sentence
        for plugin in sorted(lock.plugins)
        for sentence in _lacking(plugin, lock.plugins[plugin], installed.get(plugin))
    )


def beside(lock: Lockfile, found: Lockfile) -> Lockfile:
    """``lock``, and what ``found`` has besides: its other plugins, grants and wishes stay where they can.

    Channels and pins are those of ``found``. What nothing requires any more is left out, as after an update.
    """
    plugins = {**found.plugins}
    for plugin, locked in lock.plugins.items():
        there = found.plugins.get(plugin)
        held = there.grants if there is not None and there.sha256 == locked.sha256 else ()
        pin = there.pin if there is not None and there.version == locked.version else None
        channel = "stable" if there is None else there.channel
        grants = tuple(sorted({*locked.grants, *held}))
        plugins[plugin] = replace(locked, grants=grants, channel=channel, pin=pin)
    wishes = {plugin: wish for plugin, wish in found.wishes.items() if _allows(wish, plugins[plugin])}
    wishes = {**lock.wishes, **wishes}
    return replace(lock, wishes=wishes, plugins=_required(plugins, wishes))


def misfits(combined: Lockfile, installed: Mapping[str, InstalledPlugin]) -> tuple[str, ...]:
    """Why ``combined`` cannot be: a requirement that does not hold, or a pin. In sentences."""
    return tuple(
        sentence
        for plugin, locked in sorted(combined.plugins.items())
        for sentence in (*_unmet(plugin, locked, combined), *_pinned(locked, installed.get(plugin)))
    )


def _required(plugins: Mapping[str, LockedPlugin], wishes: Collection[str]) -> dict[str, LockedPlugin]:
    found: dict[str, LockedPlugin] = {}
    waiting = list(wishes)
    while waiting:
        plugin = waiting.pop()
        if plugin not in found and plugin in plugins:
            found[plugin] = plugins[plugin]
            waiting.extend(plugins[plugin].dependencies)
    return found


def _allows(wish: str, locked: LockedPlugin) -> bool:
    return Range.parse(wish).allows(Version.parse(locked.version), prereleases=True)


def _lacking(plugin: str, locked: LockedPlugin, entry: InstalledPlugin | None) -> Iterator[str]:
    if entry is None:
        yield f"{plugin} {locked.version} is not installed"
    elif entry.version != locked.version:
        yield f"{plugin} is {entry.version} here, and {locked.version} there"
    elif entry.sha256 != locked.sha256:
        yield f"{plugin} {entry.version} has other bytes here"
    else:
        yield from (f"{plugin} is not granted {grant} here" for grant in locked.grants if grant not in entry.grants)


def _unmet(plugin: str, locked: LockedPlugin, combined: Lockfile) -> Iterator[str]:
    optional = {other: wish for other, wish in locked.optional_dependencies.items() if other in combined.plugins}
    for other, wish in {**locked.dependencies, **optional}.items():
        there = combined.plugins.get(other)
        if there is None or not _allows(wish, there):
            had = "nothing of it" if there is None else there.version
            yield f"{plugin} {locked.version} requires {other} {wish}, and there would be {had}"


def _pinned(locked: LockedPlugin, entry: InstalledPlugin | None) -> Iterator[str]:
    if entry is not None and entry.pin is not None and entry.version != locked.version:
        yield f"{entry.id} is held at {entry.version} ({entry.pin}), and there would be {locked.version}"
