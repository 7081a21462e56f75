"""What the resolver chooses from: which releases, in which order, what each requires, and why others are out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from automatosx_nb.model.policy import Cooldown, Policy
from automatosx_nb.model.printable import printable
from automatosx_nb.model.release import IndexRelease, Stage

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from automatosx_nb.model.ports import ReleaseIndex
    from automatosx_nb.model.semver import Range, Version

WITH_PRERELEASES = "--pre"
"""What a user types to allow prereleases and betas."""
HOW_PRERELEASES = f"name that version exactly, or allow prereleases ({WITH_PRERELEASES})"
BETA = f"is a beta: {HOW_PRERELEASES}"


@dataclass(slots=True, eq=False)
class Candidate:
    """One release of one plugin; compared by identity, as :class:`Candidates` makes each once. Never changed."""

    plugin: str
    release: IndexRelease
    prereleases: bool = False
    """A prerelease counts in ranges like any release: that was asked for, or it is there already."""

    @property
    def version(self) -> Version:
        return self.release.version

    def is_in(self, wanted: Range) -> bool:
        return wanted.allows(self.release.version, self.prereleases)

    def requirements(self) -> list[Requirement]:
        """What it requires of other plugins, then what it works with; alphabetical."""
        release, own = self.release, self.plugin
        required, optional = release.dependencies, release.optional_dependencies
        found = [Requirement(plugin, required[plugin], self) for plugin in sorted(required) if plugin != own]
        found += [Requirement(plugin, optional[plugin], self, True) for plugin in sorted(optional) if plugin != own]
        return found

    def requirements_of(self, plugin: str) -> list[Requirement]:
        """Those of :meth:`requirements` that are about ``plugin``."""
        release = self.release
        found = []
        if plugin in release.dependencies:
            found.append(Requirement(plugin, release.dependencies[plugin], self))
        if plugin in release.optional_dependencies:
            found.append(Requirement(plugin, release.optional_dependencies[plugin], self, True))
        return found

    def __str__(self) -> str:
        return f"{self.plugin} {self.version}"


class Requirement(NamedTuple):
    """``parent`` requires ``plugin`` in ``range``; None: the user does. ``optional``: only if it is there anyway."""

    plugin: str
    range: Range
    parent: Candidate | None = None
    optional: bool = False

    def __str__(self) -> str:
        if self.parent is None:
            return f"you asked for {self.plugin} {self.range}"
        verb = "works only with" if self.optional else "requires"
        return f"{self.parent} {verb} {self.plugin} {self.range}"


@dataclass(frozen=True, slots=True)
class Excluded:
    """A release that may not be chosen; ``reason`` continues the sentence 'acme.a 1.0.0 …'."""

    release: IndexRelease
    reason: str

    @property
    def version(self) -> Version:
        return self.release.version


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
    policy: Policy = field(default_factory=Policy)
    cooldown: Cooldown | None = None
    engine: Version | None = None
    """The runtime's API version; None: not looked at."""
    python: str | None = None
    """As in ``3.12.1``; None: not looked at."""
    _known: dict[str, str | None] = field(default_factory=dict, repr=False, compare=False)
    """Range of engines or Pythons, as written → why it does not fit; most releases write the same ones."""

    def against(self, plugin: str, release: IndexRelease) -> str | None:
        """Why ``release`` may not be chosen; None: it may."""
        if release.quarantined is not None:
            return f"is quarantined: {_line(release.quarantined)}"
        if release.stage is Stage.DRAFT:
            return "is a draft that is not published yet"
        return (
            self.policy.against(plugin, release.version)
            or (None if self._is_named(plugin, release) else self._against_unnamed(release))
            or self._against_engine(release.engine)
            or self._against_python(release.python)
        )

    def _against_unnamed(self, release: IndexRelease) -> str | None:
        if release.stage is Stage.BETA and not self.prereleases:
            return BETA
        if release.yanked is not None:
            return f"was yanked: {_line(release.yanked)}"
        return None if self.cooldown is None else self.cooldown.against(release.published)

    def _is_named(self, plugin: str, release: IndexRelease) -> bool:
        return release.version == self.pins.get(plugin) or self._is_there(plugin, release)

    def _is_there(self, plugin: str, release: IndexRelease) -> bool:
        return release.version in (self.locked.get(plugin), self.installed.get(plugin))

    def candidate(self, plugin: str, release: IndexRelease) -> Candidate:
        return Candidate(plugin, release, self.prereleases or self._is_there(plugin, release))

    def stays(self, candidate: Candidate) -> Literal["locked", "installed"] | None:
        """Why ``candidate`` is tried before newer ones; None: it is not."""
        plugin, version = candidate.plugin, candidate.version
        if version == self.locked.get(plugin):
            return "locked"
        return "installed" if version == self.installed.get(plugin) and plugin not in self.update else None

    def rank(self, candidate: Candidate) -> int:
        """Smaller is tried first: what is locked, what is installed and stays, others, what is there but was yanked."""
        if (stays := self.stays(candidate)) is not None:
            return 0 if stays == "locked" else 1
        return 2 if candidate.release.yanked is None or candidate.version == self.pins.get(candidate.plugin) else 3

    def _against_engine(self, engine: Range | None) -> str | None:
        if engine is None or self.engine is None:
            return None
        key = f"engine {engine}"
        if key not in self._known:
            fits = engine.allows(self.engine, prereleases=True)
            self._known[key] = None if fits else f"needs automatosx {engine}, and this is {self.engine}"
        return self._known[key]

    def _against_python(self, specifiers: str) -> str | None:
        if not specifiers or self.python is None:
            return None
        key = f"python {specifiers}"
        if key not in self._known:
            self._known[key] = _against_python(specifiers, self.python)
        return self._known[key]


class Candidates:
    """The index as the resolver sees it; each plugin is read once."""

    def __init__(self, index: ReleaseIndex, rules: Rules) -> None:
        self._index = index
        self._rules = rules
        self._usable: dict[str, tuple[Candidate, ...]] = {}
        self._excluded: dict[str, tuple[Excluded, ...]] = {}

    def usable(self, plugin: str) -> Sequence[Candidate]:
        """The locked one first, then the installed one that is to stay, then the newest first."""
        if plugin not in self._usable:
            self._read(plugin)
        return self._usable[plugin]

    def excluded(self, plugin: str) -> Sequence[Excluded]:
        """Newest first."""
        self.usable(plugin)
        return self._excluded[plugin]

    def stays(self, candidate: Candidate) -> Literal["locked", "installed"] | None:
        """As :meth:`Rules.stays`."""
        return self._rules.stays(candidate)

    @property
    def prereleases(self) -> bool:
        """Whether prereleases are chosen like any release."""
        return self._rules.prereleases

    def with_prereleases(self) -> Candidates:
        """The same index, where prereleases and betas may be chosen."""
        return Candidates(self._index, replace(self._rules, prereleases=True))

    def knows(self, plugin: str) -> bool:
        return bool(self.usable(plugin) or self.excluded(plugin))

    def _read(self, plugin: str) -> None:
        usable: list[Candidate] = []
        excluded: list[Excluded] = []
        for release in sorted(self._index.releases(plugin), key=lambda each: each.version.key, reverse=True):
            reason = self._rules.against(plugin, release) or _against_itself(plugin, release)
            if reason is None:
                usable.append(self._rules.candidate(plugin, release))
            else:
                excluded.append(Excluded(release, reason))
        usable.sort(key=self._rules.rank)
        self._usable[plugin], self._excluded[plugin] = tuple(usable), tuple(excluded)


def _line(reason: str) -> str:
    """A publisher's words as one line that can be printed anywhere."""
    return " ".join(printable(reason).split())


def _against_python(specifiers: str, python: str) -> str | None:
    try:
        fits = SpecifierSet(specifiers).contains(python, prereleases=True)
    except InvalidSpecifier:
        return f"asks for a Python that cannot be read: {specifiers!r}"
    return None if fits else f"needs Python {specifiers}, and this is {python}"


def _against_itself(plugin: str, release: IndexRelease) -> str | None:
    """A release may name its own plugin, but only in a range that it is in itself."""
    for requirements in (release.dependencies, release.optional_dependencies):
        if plugin in requirements and not (wanted := requirements[plugin]).allows(release.version, prereleases=True):
            return f"requires itself at {wanted}"
    return None
