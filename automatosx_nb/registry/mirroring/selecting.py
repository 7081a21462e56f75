"""Which releases a mirror holds: those that are wished for, and all that their dependencies may need."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from automatosx_nb.model.release import IndexRelease, SearchQuery, Stage

if TYPE_CHECKING:
    from automatosx_nb.model.ports import Registry
    from automatosx_nb.model.semver import Range

_PAGE = 100


@dataclass(frozen=True, slots=True)
class Choice:
    """``stages``: of which releases are copied; ``optional``: what is required optionally is followed, too."""

    stages: frozenset[Stage] = frozenset({Stage.STABLE})
    optional: bool = False

    def takes(self, release: IndexRelease, wanted: Range | None) -> bool:
        """Prereleases are in a range where betas are copied. What is quarantined nobody gets."""
        if release.stage not in self.stages or release.quarantined is not None:
            return False
        return wanted is None or wanted.allows(release.version, prereleases=Stage.BETA in self.stages)

    def tells_of(self, release: IndexRelease) -> bool:
        """Whoever has a copy learns that it is quarantined; nobody has one of a draft, unless those are copied."""
        return release.quarantined is not None and (release.stage is not Stage.DRAFT or release.stage in self.stages)


@dataclass(frozen=True, slots=True)
class Selection:
    releases: Mapping[str, tuple[IndexRelease, ...]]
    """Plugin id → what is copied, newest first; the quarantined ones are with them, to be known as such."""
    unmet: tuple[tuple[str, str, str], ...]
    """Plugin and version that require something, and what no release meets: a wish's is empty."""


def everything(registry: Registry) -> tuple[str, ...]:
    """The id of every plugin that a search finds."""
    found: list[str] = []
    query = SearchQuery(sort="name", size=_PAGE)
    while True:
        page = registry.search(query)
        found += [each.id for each in page.items]
        if page.next is None:
            return tuple(found)
        query = SearchQuery(sort="name", size=_PAGE, cursor=page.next)


def select(registry: Registry, wishes: Mapping[str, Range | None], choice: Choice) -> Selection:
    """Follow ``wishes`` (None: every release) and what the chosen require, by range, to their end."""
    return _Following(registry, choice).follow(wishes)


class _Following:
    def __init__(self, registry: Registry, choice: Choice) -> None:
        self._registry = registry
        self._choice = choice
        self._index: dict[str, tuple[IndexRelease, ...]] = {}
        self._chosen: dict[str, set[str]] = defaultdict(set)
        self._seen: set[tuple[str, str]] = set()
        self._unmet: list[tuple[str, str, str]] = []

    def follow(self, wishes: Mapping[str, Range | None]) -> Selection:
        asked: list[tuple[str, Range | None, str]] = [(plugin, wanted, "") for plugin, wanted in wishes.items()]
        while asked:
            self._read({plugin for plugin, _, _ in asked})
            asked = [each for one in asked for each in self._take(*one)]
        kept = {plugin: self._kept(plugin) for plugin in sorted(self._index)}
        return Selection({plugin: each for plugin, each in kept.items() if each}, tuple(sorted(set(self._unmet))))

    def _read(self, plugins: Collection[str]) -> None:
        new = sorted(set(plugins) - self._index.keys())
        self._index |= {plugin: tuple(found) for plugin, found in self._registry.releases_many(new).items()}

    def _take(self, plugin: str, wanted: Range | None, by: str) -> Iterable[tuple[str, Range | None, str]]:
        """Choose what is in the range, and say what that requires and was not asked for yet."""
        fits = [each for each in self._index[plugin] if self._choice.takes(each, wanted)]
        if not fits:
            self._unmet.append((by, plugin, "any version" if wanted is None else str(wanted)))
        for release in fits:
            version = str(release.version)
            if version in self._chosen[plugin]:
                continue
            self._chosen[plugin].add(version)
            for needed, text in self._needs(release).items():
                if (needed, str(text)) not in self._seen:
                    self._seen.add((needed, str(text)))
                    yield needed, text, f"{plugin} {version}"

    def _needs(self, release: IndexRelease) -> Mapping[str, Range]:
        more = release.optional_dependencies if self._choice.optional else {}
        return {**more, **release.dependencies}

    def _kept(self, plugin: str) -> tuple[IndexRelease, ...]:
        chosen = self._chosen.get(plugin, ())
        kept = [each for each in self._index[plugin] if str(each.version) in chosen or self._choice.tells_of(each)]
        return tuple(sorted(kept, key=lambda each: each.version, reverse=True))
