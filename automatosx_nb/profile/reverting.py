"""Taking one plugin back to the version before its last update, and leaving everything else as it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from automatosx_nb.errors import ProfileDamaged, UnknownGeneration
from automatosx_nb.model.semver import Version

if TYPE_CHECKING:
    from automatosx_nb.model.generation import Generation, InstalledPlugin, Pin
    from automatosx_nb.profile.profile import Profile


@dataclass(frozen=True, slots=True)
class LastUpdate:
    """The generation that updated a plugin, and the plugin before and after."""

    generation: Generation
    before: InstalledPlugin
    after: InstalledPlugin

    def is_recent(self, now: datetime, span: timedelta) -> bool:
        try:
            return now - datetime.fromisoformat(self.generation.created) < span
        except (ValueError, TypeError):
            return False


def last_update(profile: Profile, plugin: str) -> LastUpdate | None:
    """None: it was not updated since it came, was brought by a rollback, or what was before is pruned."""
    generation = profile.current()
    now = generation.plugins.get(plugin)
    while now is not None and generation.parent is not None:
        try:
            before = profile.generations.read(generation.parent)
        except UnknownGeneration:
            return None
        old, new = before.plugins.get(plugin), generation.plugins[plugin]
        if old is None:
            return None
        if old.sha256 != new.sha256:
            is_update = generation.restores is None and Version.parse(old.version) < Version.parse(new.version)
            return LastUpdate(generation, old, new) if is_update else None
        generation = before
    return None


def without_update(current: Generation, update: LastUpdate, pin: Pin) -> Generation:
    """``current`` with the plugin as it was before ``update``, pinned; what was revoked since then stays revoked."""
    today = current.plugins[update.before.id]
    revoked = set(update.after.grants) - set(today.grants)
    grants = tuple(each for each in update.before.grants if each not in revoked)
    older = replace(update.before, grants=grants, wish=today.wish, channel=today.channel, pin=pin)
    return replace(current, plugins={**current.plugins, older.id: older})


def misfit(profile: Profile, target: Generation, plugin: str) -> str | None:
    """Why ``plugin`` of ``target`` does not go together with the others of it, as a sentence; None: it does."""
    for entry in target.plugins.values():
        try:
            requires = profile.package(entry).manifest.requires.plugins
        except ProfileDamaged as error:
            return str(error)
        for other, wanted in requires.items():
            if plugin not in (entry.id, other):
                continue
            there = target.plugins.get(other)
            if there is None or not wanted.allows(Version.parse(there.version), prereleases=True):
                return f"{entry.id} {entry.version} requires {other} {wanted}"
    return None
