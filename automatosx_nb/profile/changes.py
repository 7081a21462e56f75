"""What every plan is made of, whoever makes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from automatosx_nb.errors import MagicTaken, UnknownRelease
from automatosx_nb.model.semver import Version

if TYPE_CHECKING:
    from automatosx_nb.model.generation import Generation
    from automatosx_nb.model.release import PluginDetail, ReleaseDetail

MissingPackages = Callable[[Iterable[str]], tuple[str, ...]]
"""Those of some PEP 508 requirements that this environment does not meet."""


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
