"""What the resolver chooses from: which releases, in which order, what each requires, and why others are out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from automatosx_nb.model.release import IndexRelease, Stage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from automatosx_nb.model.ports import ReleaseIndex
    from automatosx_nb.model.semver import Range, Version


@dataclass(slots=True, eq=False)
class Candidate:
    """One release of one plugin; compared by identity, as :class:`Candidates` makes each once. Never changed."""

    plugin: str
    release: IndexRelease

    @property
    def version(self) -> Version:
        return self.release.version

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

    version: Version
    reason: str


@dataclass(frozen=True, slots=True)
class Rules:
    """What a release is held against. ``pins`` are the versions that the user named exactly, by plugin."""

    pins: Mapping[str, Version] = field(default_factory=dict)
    installed: Mapping[str, Version] = field(default_factory=dict)
    locked: Mapping[str, Version] = field(default_factory=dict)
    prereleases: bool = False
    engine: Version | None = None
    """The runtime's API version; None: not looked at."""
    python: str | None = None
    """As in ``3.12.1``; None: not looked at."""
    _known: dict[str, str | None] = field(default_factory=dict, repr=False, compare=False)
    """Range of engines or Pythons, as written → why it does not fit; most releases write the same ones."""

    def against(self, plugin: str, release: IndexRelease) -> str | None:
        """Why ``release`` may not be chosen; None: it may."""
        if release.quarantined is not None:
            return f"is quarantined: {release.quarantined}"
        if release.stage is Stage.DRAFT:
            return "is a draft that is not published yet"
        if release.stage is Stage.BETA and not (self.prereleases or self._is_named(plugin, release)):
            return "is a beta: name that version exactly, or allow prereleases"
        if release.yanked is not None and not self._is_named(plugin, release):
            return f"was yanked: {release.yanked}"
        return self._against_engine(release.engine) or self._against_python(release.python)

    def _is_named(self, plugin: str, release: IndexRelease) -> bool:
        named = (self.pins.get(plugin), self.locked.get(plugin), self.installed.get(plugin))
        return release.version in named

    def preferred(self, plugin: str) -> tuple[Version, ...]:
        """Versions that are tried before newer ones: the locked one, then the installed one."""
        return tuple(filter(None, (self.locked.get(plugin), self.installed.get(plugin))))

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
        """The locked one first, then the installed one, then the newest first."""
        if plugin not in self._usable:
            self._read(plugin)
        return self._usable[plugin]

    def excluded(self, plugin: str) -> Sequence[Excluded]:
        """Newest first."""
        self.usable(plugin)
        return self._excluded[plugin]

    def knows(self, plugin: str) -> bool:
        return bool(self.usable(plugin) or self.excluded(plugin))

    def _read(self, plugin: str) -> None:
        usable: list[Candidate] = []
        excluded: list[Excluded] = []
        for release in sorted(self._index.releases(plugin), key=lambda each: each.version.key, reverse=True):
            reason = self._rules.against(plugin, release) or _against_itself(plugin, release)
            if reason is None:
                usable.append(Candidate(plugin, release))
            else:
                excluded.append(Excluded(release.version, reason))
        for version in reversed(self._rules.preferred(plugin)):
            usable.sort(key=lambda each: each.version != version)
        self._usable[plugin], self._excluded[plugin] = tuple(usable), tuple(excluded)


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
