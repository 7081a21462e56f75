"""What the resolver reads for a profile: the registry, and what is installed although the registry lost it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from automatosx_nb.errors import RegistryRefused, RegistryUnreachable, TokenRefused
from automatosx_nb.model.release import IndexRelease, Stage

if TYPE_CHECKING:
    from automatosx_nb.model.generation import InstalledPlugin
    from automatosx_nb.model.ports import Registry
    from automatosx_nb.package import Package

SILENT = (RegistryUnreachable, RegistryRefused, TokenRefused)
"""What a registry raises that says nothing of any plugin: to whoever has what they need, that is no hindrance."""
ReadPackage = Callable[["InstalledPlugin"], "Package"]


class InstalledIndex:
    """The registry's releases; an installed one that is not among them is read from the profile's own store.

    So a plugin that its registry no longer has can stay, be removed, and stands in no other plugin's way.
    """

    def __init__(self, registry: Registry, installed: Mapping[str, InstalledPlugin], package: ReadPackage) -> None:
        self._registry = registry
        self._installed = installed
        self._package = package
        self._found: Mapping[str, Sequence[IndexRelease]] | None = None

    def releases(self, plugin: str, /) -> Sequence[IndexRelease]:
        """What is installed is asked for together, when the first of it is.

        :raises ProfileDamaged: neither the registry nor the store has the installed release."""
        entry = self._installed.get(plugin)
        if entry is None:
            return self._registry.releases(plugin)
        if self._found is None:
            self._found = self._registry.releases_many(self._installed)
        found = self._found[plugin]
        if any(str(release.version) == entry.version for release in found):
            return found
        return [*found, index_release_of(self._package(entry))]

    def here(self, plugin: str, entry: InstalledPlugin) -> Sequence[IndexRelease]:
        """As :meth:`releases`; from the store where the registry cannot be reached, or lets nobody in."""
        try:
            return self.releases(plugin)
        except SILENT:
            return [index_release_of(self._package(entry))]

    def known(self) -> tuple[str, ...]:
        """For suggestions: every plugin that the registry can name."""
        names: Callable[[], tuple[str, ...]] = getattr(self._registry, "known", tuple)
        return names()


class OnlyInstalled:
    """Each installed plugin's one release, as it was when it was installed: no flag, policy or runtime counts.

    What is to be removed is chosen from these, so that nothing about the others can keep it installed.
    """

    def __init__(self, index: InstalledIndex, installed: Mapping[str, InstalledPlugin]) -> None:
        self._index = index
        self._installed = installed

    def releases(self, plugin: str, /) -> Sequence[IndexRelease]:
        """:raises ProfileDamaged: as :meth:`InstalledIndex.releases`."""
        entry = self._installed.get(plugin)
        if entry is None:
            return ()
        found = [each for each in self._index.here(plugin, entry) if str(each.version) == entry.version]
        return [replace(each, stage=Stage.STABLE, yanked=None, quarantined=None, advisories=()) for each in found]


def index_release_of(package: Package) -> IndexRelease:
    """What a registry's index would say of an artifact."""
    requires = package.manifest.requires
    return IndexRelease(
        version=package.manifest.version,
        dependencies=requires.plugins,
        optional_dependencies=requires.optional_plugins,
        engine=requires.automatosx,
        python=requires.python,
        packages=requires.packages,
        platforms=requires.platforms,
        sha256=package.sha256,
        size=package.size,
    )


def with_flags_of(published: IndexRelease, release: IndexRelease) -> IndexRelease:
    """``release``, and what is said against the version that was ``published``, of which it has other bytes."""
    return replace(
        release,
        yanked=published.yanked,
        quarantined=published.quarantined,
        advisories=published.advisories,
        deprecated=published.deprecated,
        successor=published.successor,
    )
