"""Several registries as one: each publisher's plugins come from the first that has the publisher, and from no other.

So nobody gets a team's own plugin from elsewhere by publishing its name there, with whatever version ("dependency
confusion"). Where the first cannot say whether it has a publisher, nobody after it is asked in its place: what is
installed goes on from where it came, and everything else waits.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from automatosx_nb.errors import InvalidSearch, RegistryUnreachable, UnknownPlugin
from automatosx_nb.model.names import fold, publisher_of

if TYPE_CHECKING:
    from automatosx_nb.model.identity import Actor
    from automatosx_nb.model.ports import ArtifactSource, Registry
    from automatosx_nb.model.release import (
        CheckResult,
        IndexRelease,
        PluginDetail,
        PublishReport,
        SearchPage,
        SearchQuery,
        Stage,
    )
    from automatosx_nb.model.screenshots import ShownPicture

FRESH_S = 5.0
"""So long a registry's no is remembered; that it has a publisher is true for ever."""
_AT_ONCE = 6


class SeveralRegistries:
    """Implements :class:`automatosx_nb.model.ports.Registry`; every method may be called from any thread.

    What changes something goes to the first. Besides what each method says, all raise what the registries' do.
    """

    def __init__(
        self,
        registries: Sequence[Registry],
        *,
        pinned: Callable[[str], str] = lambda _plugin: "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """:param registries: of different addresses, the one first that counts first; they are closed with it.
        :param pinned: the address from which a plugin is installed; empty: it is not.
        """
        self._registries = tuple(registries)
        self._pinned = pinned
        self._clock = clock
        self._said: dict[tuple[int, str], tuple[bool, float]] = {}

    def __getattr__(self, name: str) -> Any:
        """The first one's rooms: whoever reviews or administers does so there."""
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._registries[0], name)

    def close(self) -> None:
        for each in self._registries:
            each.close()

    @property
    def address(self) -> str:
        """All of them, the first first."""
        return " ".join(each.address for each in self._registries)

    @property
    def mirrors(self) -> tuple[ArtifactSource, ...]:
        """Those of each, for its own plugins."""
        return tuple(_MirrorOfOne(self, each, mirror) for each in self._registries for mirror in each.mirrors)

    @property
    def stale_since(self) -> str | None:
        return min(filter(None, (each.stale_since for each in self._registries)), default=None)

    def holder(self, plugin: str) -> Registry:
        """The one whose word about ``plugin`` counts; of what none has, the first.

        :raises RegistryUnreachable: one that comes before all that could be asked does not answer.
        """
        publisher = publisher_of(fold(plugin))
        for number, registry in enumerate(self._registries):
            try:
                if publisher and self._has(number, publisher):
                    return registry
            except RegistryUnreachable:
                return self._installed_from(plugin, number)
        return self._registries[0]

    def source_of(self, plugin: str) -> str:
        return self.holder(plugin).address

    def has_publisher(self, name: str) -> bool:
        return any(self._has(number, name) for number in range(len(self._registries)))

    def plugin(self, plugin: str) -> PluginDetail:
        """:raises UnknownPlugin: with the nearest ids of all."""
        try:
            return self.holder(plugin).plugin(plugin)
        except UnknownPlugin as error:
            raise UnknownPlugin(plugin, tuple(dict.fromkeys(self._nearest(plugin, error)))) from error

    def releases(self, plugin: str, /) -> Sequence[IndexRelease]:
        return self.holder(plugin).releases(plugin)

    def releases_many(self, ids: Collection[str], /) -> dict[str, Sequence[IndexRelease]]:
        """Each registry is asked once for all that it holds."""
        self._ask_about({publisher_of(each) for each in ids})
        holders = {each: self.holder(each) for each in ids}
        found: dict[str, Sequence[IndexRelease]] = {}
        for registry in self._registries:
            found |= registry.releases_many([each for each in ids if holders[each] is registry])
        return {each: found[each] for each in ids}

    def artifact(self, plugin: str, version: str, *, start: int = 0) -> Generator[bytes, None, None]:
        return self.holder(plugin).artifact(plugin, version, start=start)

    def changelog(self, plugin: str, version: str) -> str:
        return self.holder(plugin).changelog(plugin, version)

    def checked(self, plugin: str, version: str) -> tuple[CheckResult, ...]:
        return self.holder(plugin).checked(plugin, version)

    def screenshots(self, plugin: str, version: str) -> tuple[ShownPicture, ...]:
        return self.holder(plugin).screenshots(plugin, version)

    def picture(self, plugin: str, version: str, shown: ShownPicture) -> bytes | None:
        return self.holder(plugin).picture(plugin, version, shown)

    def search(self, query: SearchQuery) -> SearchPage:
        """What the first finds, in its order, then the next one's, without the plugins that an earlier one holds.

        ``total`` and ``facets`` are sums, so they count those, too, where there are any.

        :raises InvalidSearch:
        """
        at, cursor = _position(query.cursor, len(self._registries))
        pages: list[SearchPage] = []
        items: list[Any] = []
        following: str | None = None
        for number, registry in enumerate(self._registries):
            wanted = query.size - len(items) if number >= at and following is None else 0
            page = registry.search(replace(query, size=wanted or 1, cursor=cursor if number == at else None))
            pages.append(page)
            if wanted:
                items += self._held(number, page.items)
                following = None if page.next is None else f"{number}.{page.next}"
            elif number > at and following is None and page.total:
                following = f"{number}."
        facets = {name: dict(_sum(pages, name)) for name in pages[0].facets}
        total = sum(page.total for page in pages)
        return replace(pages[0], total=total, items=tuple(items), facets=facets, next=following)

    @property
    def first(self) -> Registry:
        """The one in which people publish and act."""
        return self._registries[0]

    def publish(self, artifact: bytes, *, stage: Stage, signature: bytes | None = None) -> PublishReport:
        return self.first.publish(artifact, stage=stage, signature=signature)

    def check(self, artifact: bytes) -> tuple[CheckResult, ...]:
        return self._registries[0].check(artifact)

    def seen_by(self, actor: Actor) -> SeveralRegistries:
        return SeveralRegistries(
            [each.seen_by(actor) for each in self._registries], pinned=self._pinned, clock=self._clock
        )

    def _has(self, number: int, publisher: str) -> bool:
        said = self._said.get((number, publisher))
        if said is not None and (said[0] or self._clock() - said[1] < FRESH_S):
            return said[0]
        found = self._registries[number].has_publisher(publisher)
        self._said[number, publisher] = found, self._clock()
        return found

    def _installed_from(self, plugin: str, number: int) -> Registry:
        """Nobody can say now whether the one with that ``number`` has it. What was decided before still holds."""
        source = self._pinned(plugin)
        for registry in self._registries[number:]:
            if registry.address == source:
                return registry
        silent = self._registries[number].address
        raise RegistryUnreachable(silent, f"it comes first, so nobody else is asked for {plugin}")

    def _ask_about(self, publishers: Collection[str]) -> None:
        """Several at a time; what fails here fails again, and is told, where it is needed."""
        if len(publishers) < 2:
            return

        def ask(publisher: str) -> None:
            for number in range(len(self._registries)):
                try:
                    if self._has(number, publisher):
                        return
                except RegistryUnreachable:
                    return

        with ThreadPoolExecutor(_AT_ONCE) as threads:
            list(threads.map(ask, publishers))

    def _held(self, number: int, items: Sequence[Any]) -> Iterator[Any]:
        """Of ``items`` that a registry found, those that it also holds."""
        if number:
            self._ask_about({publisher_of(each.id) for each in items})
        return (each for each in items if not number or self.holder(each.id) is self._registries[number])

    def _nearest(self, plugin: str, error: UnknownPlugin) -> Iterator[str]:
        yield from error.nearest
        for registry in self._registries[1:]:
            try:
                registry.plugin(plugin)
            except UnknownPlugin as other:
                yield from other.nearest
            except RegistryUnreachable:
                continue


class _MirrorOfOne:
    """A mirror has the plugins of its registry, and whatever else lies there is none of ours."""

    def __init__(self, all_of_them: SeveralRegistries, registry: Registry, mirror: ArtifactSource) -> None:
        self._all = all_of_them
        self._registry = registry
        self._mirror = mirror
        self.address = mirror.address

    def artifact(self, plugin: str, version: str, *, start: int = 0) -> Generator[bytes, None, None]:
        """:raises UnknownPlugin: it is another registry's."""
        if self._all.holder(plugin) is not self._registry:
            raise UnknownPlugin(plugin)
        return self._mirror.artifact(plugin, version, start=start)


def _position(cursor: str | None, count: int) -> tuple[int, str | None]:
    """Which registry a page begins in, and where in it.

    :raises InvalidSearch: the cursor is of another search.
    """
    if cursor is None:
        return 0, None
    number, dot, rest = cursor.partition(".")
    if not (dot and number.isascii() and number.isdigit() and int(number) < count):
        raise InvalidSearch("cursor", repr(cursor), "the 'next' of a page before it")
    return int(number), rest or None


def _sum(pages: Sequence[SearchPage], facet: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for page in pages:
        found.update(page.facets.get(facet, {}))
    return found
