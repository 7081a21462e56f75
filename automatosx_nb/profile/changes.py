"""What every plan is made of, whoever makes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from automatosx_nb.errors import MagicTaken, NotInstalled, PolicyForbids, UnknownRelease
from automatosx_nb.model.permissions import not_covered
from automatosx_nb.model.semver import Version
from automatosx_nb.model.spelling import nearest

if TYPE_CHECKING:
    from automatosx_nb.model.consent import PermissionPolicy
    from automatosx_nb.model.generation import Generation, InstalledPlugin
    from automatosx_nb.model.release import PluginDetail, ReleaseDetail

MissingPackages = Callable[[Iterable[str]], tuple[str, ...]]
"""Those of some PEP 508 requirements that this environment does not meet."""


def installed_entry(current: Generation, plugin: str) -> InstalledPlugin:
    """:raises NotInstalled: with the nearest ids."""
    if plugin not in current.plugins:
        raise NotInstalled(plugin, nearest(plugin, current.plugins))
    return current.plugins[plugin]


def wishes_of(generation: Generation) -> dict[str, str]:
    return {plugin: entry.wish for plugin, entry in generation.plugins.items() if entry.wish is not None}


def rewished(
    current: Generation, kept: Iterable[str], wanted: Mapping[str, str]
) -> dict[str, tuple[str | None, str | None]]:
    """Plugin → its wish before and after, of those in ``kept`` where it changes."""
    wishes = {plugin: (current.plugins[plugin].wish, wanted.get(plugin)) for plugin in kept}
    return {plugin: (before, after) for plugin, (before, after) in wishes.items() if before != after}


def change_kind(old: str | None, new: str) -> Literal["add", "update", "downgrade"]:
    if old is None:
        return "add"
    return "downgrade" if Version.parse(new) < Version.parse(old) else "update"


def requirement_changes(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, tuple[str | None, str | None]]:
    """Plugin → its range before and after, where they differ."""
    pairs = {plugin: (old.get(plugin), new.get(plugin)) for plugin in sorted({*old, *new})}
    return {plugin: pair for plugin, pair in pairs.items() if pair[0] != pair[1]}


def release_of(detail: PluginDetail, version: str) -> ReleaseDetail:
    """:raises UnknownRelease: with those that there are."""
    for release in detail.releases:
        if release.version == version:
            return release
    raise UnknownRelease(detail.summary.id, version, tuple(release.version for release in detail.releases))


def refuse_taken_magics(current: Generation, kept: Iterable[str], incoming: Mapping[str, Sequence[str]]) -> None:
    """What a user types must not depend on which plugin came last. ``incoming``: plugin → the magics that it adds.

    :raises MagicTaken: an incoming plugin adds a magic that another one adds.
    """
    owners = {magic["name"]: name for name in kept for magic in current.plugins[name].contributes.get("magics", ())}
    for plugin, magics in incoming.items():
        for magic in magics:
            if owners.setdefault(magic, plugin) != plugin:
                raise MagicTaken(magic, plugin, owners[magic])


@dataclass(frozen=True, slots=True)
class Consent:
    """What of a release's permissions is open, and what policy has decided; see ``PlannedChange``."""

    asks: Mapping[str, str]
    optional: Mapping[str, str]
    by_policy: Mapping[str, str]
    denied: Mapping[str, str]

    @classmethod
    def of(cls, release: ReleaseDetail, granted: Iterable[str], policy: PermissionPolicy, plugin: str) -> Consent:
        """:param granted: what the plugin holds before the change."""
        version = Version.parse(release.version)
        everything = {**release.permissions, **release.optional_permissions}
        denied = policy.denied(everything, plugin, version)
        fresh = set(not_covered(everything, granted)) - denied.keys()
        given = policy.granted([text for text in everything if text in fresh], plugin, version)
        fresh -= given.keys()
        required, optional = (
            {text: reason for text, reason in asked.items() if text in fresh}
            for asked in (release.permissions, release.optional_permissions)
        )
        return cls(required, optional, given, denied)


def refuse_denied_grants(before: Generation, after: Generation, policy: PermissionPolicy) -> None:
    """:raises PolicyForbids: a plugin of ``after`` holds what ``policy`` denies, and did not hold it ``before``."""
    for plugin, entry in after.plugins.items():
        held = before.plugins[plugin].grants if plugin in before.plugins else ()
        refuse_denied(policy, plugin, entry.version, not_covered(entry.grants, held))


def refuse_denied(policy: PermissionPolicy, plugin: str, version: str, grants: Iterable[str]) -> None:
    """:raises PolicyForbids: ``policy`` lets nobody grant one of ``grants``; with the line that says so."""
    for text, because in policy.denied(grants, plugin, Version.parse(version)).items():
        raise PolicyForbids(plugin, version, f"cannot be granted {text} by anybody: {because}")
