"""What the resolver chooses from: which releases, in which order, what each requires, and why others are out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from automatosx_nb.model.ports import ReleaseIndex
    from automatosx_nb.model.release import IndexRelease
    from automatosx_nb.model.rules import Rules, Stays
    from automatosx_nb.model.semver import Range, Version


@dataclass(slots=True, eq=False)
class Candidate:
    """One release of one plugin; compared by identity, as :class:`Candidates` makes each once. Never changed."""

    plugin: str
    release: IndexRelease
    prereleases: bool = False
    """A prerelease counts in ranges like any release: that was asked for, or it is there already."""
    _requirements: list[Requirement] | None = field(default=None, repr=False)

    @property
    def version(self) -> Version:
        return self.release.version

    def is_in(self, wanted: Range) -> bool:
        return wanted.allows(self.release.version, self.prereleases)

    def requirements(self) -> list[Requirement]:
        """What it requires of other plugins, then what it works with; alphabetical."""
        if self._requirements is None:
            own, required, optional = self.plugin, self.release.dependencies, self.release.optional_dependencies
            found = [Requirement(plugin, required[plugin], self) for plugin in sorted(required) if plugin != own]
            found += [Requirement(plugin, optional[plugin], self, True) for plugin in sorted(optional) if plugin != own]
            self._requirements = found
        return self._requirements

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


class Candidates:
    """The index as the resolver sees it; each plugin is read once."""

    def __init__(self, index: ReleaseIndex, rules: Rules, spend: Callable[[], object] | None = None) -> None:
        """:param spend: is called with each step of the search; what it raises ends that."""
        self._index = index
        self._rules = rules
        self.spend = spend
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

    def stays(self, candidate: Candidate) -> Stays | None:
        """As :meth:`Rules.stays`."""
        return self._rules.stays(candidate.plugin, candidate.version)

    @property
    def prereleases(self) -> bool:
        """Whether prereleases are chosen like any release."""
        return self._rules.prereleases

    def with_prereleases(self) -> Candidates:
        """The same index, where prereleases and betas may be chosen."""
        return Candidates(self._index, replace(self._rules, prereleases=True), self.spend)

    def knows(self, plugin: str) -> bool:
        return bool(self.usable(plugin) or self.excluded(plugin))

    def _read(self, plugin: str) -> None:
        if self.spend is not None:
            self.spend()
        usable: list[Candidate] = []
        excluded: list[Excluded] = []
        rules, there = self._rules, self._rules.there(plugin)
        for release in sorted(self._index.releases(plugin), key=lambda each: each.version.key, reverse=True):
            reason = rules.against(plugin, release) or _against_itself(plugin, release)
            if reason is None:
                usable.append(Candidate(plugin, release, rules.with_prereleases(plugin) or release.version in there))
            else:
                excluded.append(Excluded(release, reason))
        if there:
            usable.sort(key=lambda each: rules.rank(plugin, each.release))
        self._usable[plugin], self._excluded[plugin] = tuple(usable), tuple(excluded)


def _against_itself(plugin: str, release: IndexRelease) -> str | None:
    """A release may name its own plugin, but only in a range that it is in itself."""
    for requirements in (release.dependencies, release.optional_dependencies):
        if plugin in requirements and not (wanted := requirements[plugin]).allows(release.version, prereleases=True):
            return f"requires itself at {wanted}"
    return None
