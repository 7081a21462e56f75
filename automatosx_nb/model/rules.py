"""What decides whether a release may be chosen, and what is tried before newer versions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from automatosx_nb.model.compatibility import against_engine, against_platform, against_python
from automatosx_nb.model.flags import yanked_for
from automatosx_nb.model.policy import Cooldown, Policy, ReleasePolicy
from automatosx_nb.model.printable import one_line
from automatosx_nb.model.release import IndexRelease, Stage

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from automatosx_nb.model.semver import Version

WITH_PRERELEASES = "--pre"
"""What a user types to allow prereleases and betas."""
HOW_PRERELEASES = f"name that version exactly, or allow prereleases ({WITH_PRERELEASES})"
BETA = f"is a beta: {HOW_PRERELEASES}"

Stays = Literal["locked", "installed"]
"""Why a version is tried before newer ones."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a release is held against. ``pins`` are the versions that the user named exactly, by plugin.

    What is pinned, locked or installed may be chosen although it was yanked, is a beta or is younger than the cooldown.
    """

    pins: Mapping[str, Version] = field(default_factory=dict)
    installed: Mapping[str, Version] = field(default_factory=dict)
    locked: Mapping[str, Version] = field(default_factory=dict)
    update: Collection[str] = ()
    """Plugins whose installed version is not preferred."""
    prereleases: bool = False
    betas: Collection[str] = ()
    """Plugins whose channel has prereleases and betas, too."""
    policy: ReleasePolicy = field(default_factory=Policy)
    cooldown: Cooldown | None = None
    engine: Version | None = None
    """The runtime's API version; None: not looked at."""
    python: str | None = None
    """As in ``3.12.1``; None: not looked at."""
    platform: str | None = None
    """One of ``requirements.PLATFORMS``, or another system's name; None: not looked at."""
    _known: dict[tuple[str, str, tuple[str, ...]], str | None] = field(default_factory=dict, repr=False, compare=False)
    """Engine, Python and platforms that are asked for → why they do not fit; most releases ask for the same."""

    def against(self, plugin: str, release: IndexRelease) -> str | None:
        """Why ``release`` may not be chosen, continuing 'acme.a 1.0.0 …'; None: it may."""
        if release.quarantined is not None:
            return f"is quarantined: {one_line(release.quarantined)}"
        disabling = next((each for each in release.advisories if each.disables), None)
        if disabling is not None:
            return f"is disabled by advisory {disabling.id}: {one_line(disabling.summary)}"
        if release.stage is Stage.DRAFT:
            return "is a draft that is not published yet"
        denied = self.policy.against(plugin, release.version) if self.policy else None
        if denied is not None:
            return denied
        unasked = self._against_unasked(plugin, release)
        if unasked is not None and not self._is_named(plugin, release.version):
            return unasked
        return self._against_environment(release)

    def with_prereleases(self, plugin: str) -> bool:
        """Whether prereleases and betas of ``plugin`` are chosen like any release."""
        return self.prereleases or plugin in self.betas

    def there(self, plugin: str) -> tuple[Version, ...]:
        """The versions that are locked or installed."""
        both = (self.locked.get(plugin), self.installed.get(plugin))
        return tuple(version for version in both if version is not None)

    def stays(self, plugin: str, version: Version) -> Stays | None:
        """None: it is not tried before newer ones."""
        if version == self.locked.get(plugin):
            return "locked"
        return "installed" if version == self.installed.get(plugin) and plugin not in self.update else None

    def rank(self, plugin: str, release: IndexRelease) -> int:
        """Smaller is tried first: what is locked, what is installed and stays, others, what is there but was yanked."""
        stays = self.stays(plugin, release.version)
        if stays is not None:
            return 0 if stays == "locked" else 1
        return 2 if release.yanked is None or release.version == self.pins.get(plugin) else 3

    def _is_named(self, plugin: str, version: Version) -> bool:
        return version == self.pins.get(plugin) or version in self.there(plugin)

    def _against_unasked(self, plugin: str, release: IndexRelease) -> str | None:
        if release.stage is Stage.BETA and not self.with_prereleases(plugin):
            return BETA
        if release.yanked is not None:
            return yanked_for(release.yanked)
        for advisory in release.advisories:
            return f"is under advisory {advisory.id}: {one_line(advisory.summary)}"
        return None if self.cooldown is None else self.cooldown.against(release.published)

    def _against_environment(self, release: IndexRelease) -> str | None:
        asked = (str(release.engine), release.python, release.platforms)
        if asked not in self._known:
            self._known[asked] = self._misfit(release)
        return self._known[asked]

    def _misfit(self, release: IndexRelease) -> str | None:
        found = None
        if release.engine is not None and self.engine is not None:
            found = against_engine(release.engine, self.engine)
        if found is None and self.python is not None:
            found = against_python(release.python, self.python)
        if found is None and self.platform is not None:
            found = against_platform(release.platforms, self.platform)
        return found
