"""The sentences of a conflict: from what the user asked for, over what requires what, to the contradiction.

They are made from the solver's proof: from the wishes and the requirements that it rests on, and from nothing else.
"""

from __future__ import annotations

from functools import reduce
from itertools import combinations, combinations_with_replacement
from operator import and_, or_
from typing import TYPE_CHECKING, NamedTuple

from automatosx_nb.model.candidates import Candidate, Candidates, Excluded, Requirement
from automatosx_nb.model.release import Stage
from automatosx_nb.model.rules import HOW_PRERELEASES, WITH_PRERELEASES
from automatosx_nb.model.solver_clauses import ABSENT, VERSIONS, Need, versions_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from automatosx_nb.model.semver import Range, Version
    from automatosx_nb.model.solver_clauses import Clause

    Values = Callable[[str, Range], int]
    """The versions of a plugin in a range, as the solver's bits."""

SHOWN_VERSIONS = 5
"""How many versions of one plugin a sentence lists."""
SHOWN_STEPS = 12
"""How many sentences of wishes and requirements are shown."""
ALLOW_PRERELEASES = f"allow prereleases ({WITH_PRERELEASES}) to have it"
SHOWN_REASONS = 3
"""How many reasons are given for the versions of one plugin that cannot be chosen."""
SHOWN_ENDINGS = 5
"""How many sentences of contradictions are shown."""


class _Limit(NamedTuple):
    """``requirement`` as ``versions`` of its parent's plugin have it; none, where the user has it."""

    requirement: Requirement
    versions: tuple[Candidate, ...]
    accepted: int

    @property
    def is_wish(self) -> bool:
        return not self.versions

    @property
    def requirer(self) -> str:
        return self.versions[0].plugin if self.versions else ""


def conflict_sentences(
    proof: Clause[str],
    wishes: Sequence[Requirement],
    candidates: Candidates,
    values: Values,
) -> tuple[str, ...]:
    """:param wishes: what was asked for when ``proof`` was found."""
    return _Explanation(proof, wishes, candidates, values).sentences()


class _Explanation:
    def __init__(
        self,
        proof: Clause[str],
        wishes: Sequence[Requirement],
        candidates: Candidates,
        values: Values,
    ) -> None:
        self._wishes = {wish.plugin: wish for wish in wishes}
        self._candidates = candidates
        self._values = values
        self._needs: dict[str, dict[str, int]] = {}
        """Plugin → another → those of its versions whose need of the other matters."""
        for need in proof.origins():
            if isinstance(need, Need):
                on = self._needs.setdefault(need.package, {})
                on[need.on] = on.get(need.on, 0) | need.versions

        self._open = self._open_versions()

    def _open_versions(self) -> dict[str, int]:
        """Plugin → the versions that a wish, or some version open itself, accepts: only these matter."""
        found = {plugin: self._values(plugin, wish.range) for plugin, wish in self._wishes.items()}
        waiting = list(found)
        while waiting:
            plugin = waiting.pop()
            for on, versions in self._needs.get(plugin, {}).items():
                if on in self._wishes:
                    continue
                before = found.get(on, 0)
                found[on] = reduce(or_, self._pulled(plugin, on, versions & found[plugin]), before)
                if found[on] != before:
                    waiting.append(on)
        return found

    def _pulled(self, plugin: str, on: str, versions: int) -> Iterable[int]:
        usable = self._candidates.usable(plugin)
        for place in versions_in(versions):
            for requirement in usable[place].requirements_of(on):
                if not requirement.optional:
                    yield self._values(on, requirement.range)

    def sentences(self) -> tuple[str, ...]:
        limits = self._limits()
        by_plugin = _by_plugin(limits).items()
        endings = _first(
            SHOWN_ENDINGS, ((on, each) for on, same in by_plugin for each in self._contradictions(on, same))
        )
        shown, contested = self._shown(limits, dict.fromkeys(plugin for plugin, _ in endings))
        steps = [self._sentence(limit) for limit in limits if limit.is_wish or limit in shown]
        more = sum(not limit.is_wish for limit in limits) - len(shown)
        further = [f"and so on, through {more} more requirement{'s' if more > 1 else ''}"] if more else []
        return (*steps, *further, *dict.fromkeys(text for plugin, text in endings if plugin in contested))

    def _shown(self, limits: Sequence[_Limit], contested: Iterable[str]) -> tuple[list[_Limit], set[str]]:
        """As many requirements as a person reads, those of a contradiction before others, and all of it or none."""
        needs = [limit for limit in limits if not limit.is_wish]
        room = max(SHOWN_STEPS - len(self._wishes), 2)
        shown: list[_Limit] = []
        whole: set[str] = set()
        for plugin in contested:
            on = [limit for limit in needs if limit.requirement.plugin == plugin]
            if not whole or len(shown) + len(on) <= room:
                shown += on[:room]
                whole.add(plugin)
        others = [limit for limit in needs if limit not in shown]
        return [*shown, *others[: room - len(shown)]], whole

    def _limits(self) -> list[_Limit]:
        """The wishes, each followed by what it leads to."""
        found: list[_Limit] = []
        seen: set[str] = set()
        for plugin, wish in self._wishes.items():
            found.append(_Limit(wish, (), self._values(plugin, wish.range)))
            self._follow(plugin, seen, found)
        return found

    def _follow(self, plugin: str, seen: set[str], found: list[_Limit]) -> None:
        waiting = [plugin]
        while waiting:
            plugin = waiting.pop()
            if plugin in seen:
                continue
            seen.add(plugin)
            needs = self._needs.get(plugin, {})
            for on in sorted(needs):
                found += self._limits_on(plugin, on, needs[on])
            waiting += sorted(needs, reverse=True)

    def _limits_on(self, plugin: str, on: str, versions: int) -> list[_Limit]:
        """One for each range of ``on`` that these ``versions`` of ``plugin`` ask for."""
        usable = self._candidates.usable(plugin)
        grouped: dict[tuple[str, bool], list[Requirement]] = {}
        for place in versions_in(versions & self._open.get(plugin, 0)):
            for each in usable[place].requirements_of(on):
                grouped.setdefault((str(each.range), each.optional), []).append(each)
        return [
            _Limit(
                same[0],
                tuple(each.parent for each in same if each.parent is not None),
                self._values(on, same[0].range) | (ABSENT if same[0].optional else 0),
            )
            for same in grouped.values()
        ]

    def _sentence(self, limit: _Limit) -> str:
        requirement, versions = limit.requirement, limit.versions
        if len(versions) <= 1:
            return str(requirement)
        plugin = limit.requirer
        wish = self._wishes.get(plugin)
        every = VERSIONS if wish is None else self._values(plugin, wish.range)
        if len(versions) == (every & (2 << len(self._candidates.usable(plugin))) - 1).bit_count():
            within = f" in {wish.range}" if wish is not None and str(wish.range) != "*" else ""
            subject = f"every version of {plugin}{within}"
            verb = "works only with" if requirement.optional else "requires"
        else:
            subject = f"{plugin} {_listed(sorted((each.version for each in versions), reverse=True))}"
            verb = "work only with" if requirement.optional else "require"
        return f"{subject} {verb} {requirement.plugin} {requirement.range}"

    # --- contradictions -------------------------------------------------------------------------------------

    def _contradictions(self, plugin: str, limits: Sequence[_Limit]) -> Iterable[str]:
        """Why no version of ``plugin`` is left by ``limits``, which are all on it."""
        limits = sorted(limits, key=lambda limit: limit.requirer != "")
        hopeless = [limit for limit in limits if not limit.accepted]
        if hopeless:
            for limit in hopeless:
                yield from self._contradiction(plugin, [limit])
            return
        none = True
        for one, other in combinations(limits, 2):
            if not one.accepted & other.accepted and one.requirer != other.requirer:
                none = False
                yield from self._contradiction(plugin, (one, other))
        if none and not _left_by(limits):
            yield from self._contradiction(plugin, limits)

    def _contradiction(self, plugin: str, limits: Sequence[_Limit]) -> Iterable[str]:
        candidates = self._candidates
        if candidates.spend is not None:
            candidates.spend()
        if not candidates.knows(plugin):
            yield f"there is no plugin {plugin!r} in the registry"
            return

        def fits(version: Version, prereleases: bool) -> bool:
            return all(one.allows(version, prereleases) for one in ranges)

        ranges = list(dict.fromkeys(limit.requirement.range for limit in limits))
        texts = " and ".join(map(str, ranges))
        usable, excluded = candidates.usable(plugin), candidates.excluded(plugin)
        fitting = [no for no in excluded if fits(no.version, candidates.prereleases)]
        if fitting:
            within = f" in {texts}" if texts != "*" else ""
            yield f"no version of {plugin}{within} can be chosen here"
            yield from _reasons(plugin, fitting)
        elif not all(one.intersects(other) for one, other in combinations_with_replacement(ranges, 2)):
            some = f"version of {plugin}" if len(ranges) > 1 else "version at all"
            yield f"no {some} can be in {texts}{' at once' if len(ranges) > 1 else ''}"
        else:
            public = [no.version for no in excluded if no.release.stage is not Stage.DRAFT]
            yield _nothing_in(plugin, texts, [*(one.version for one in usable), *public])
        newest = max((one.version for one in usable if fits(one.version, True)), default=None)
        if newest is not None:
            how = HOW_PRERELEASES if all(limit.is_wish for limit in limits) else ALLOW_PRERELEASES
            yield f"{plugin} {newest} is a prerelease: {how}"


def _first(most: int, found: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The first ``most`` of ``found`` that differ; no more are looked for."""
    some: dict[tuple[str, str], None] = {}
    for each in found:
        some[each] = None
        if len(some) == most:
            break
    return list(some)


def _by_plugin(limits: Iterable[_Limit]) -> dict[str, list[_Limit]]:
    found: dict[str, list[_Limit]] = {}
    for limit in limits:
        found.setdefault(limit.requirement.plugin, []).append(limit)
    return found


def _left_by(limits: Iterable[_Limit]) -> int:
    """The values that some version of each requirer accepts."""
    accepted: dict[str, int] = {}
    for limit in limits:
        accepted[limit.requirer] = accepted.get(limit.requirer, 0) | limit.accepted
    return reduce(and_, accepted.values())


def _nothing_in(plugin: str, texts: str, versions: Iterable[Version]) -> str:
    newest = sorted(versions, reverse=True)
    if not newest:
        return f"no version of {plugin} is published yet"
    more = f" and {len(newest) - SHOWN_VERSIONS} older" if len(newest) > SHOWN_VERSIONS else ""
    return f"no version of {plugin} is in {texts}: it has {', '.join(map(str, newest[:SHOWN_VERSIONS]))}{more}"


def _reasons(plugin: str, excluded: Iterable[Excluded]) -> Iterable[str]:
    """Each reason once, with the newest version that it is the reason for."""
    by_reason: dict[str, list[Version]] = {}
    for no in excluded:
        by_reason.setdefault(no.reason, []).append(no.version)
    for reason, versions in list(by_reason.items())[:SHOWN_REASONS]:
        older = len(versions) - 1
        more = f"; likewise {older} older version{'s' if older > 1 else ''}" if older else ""
        yield f"{plugin} {versions[0]} {reason}{more}"


def _listed(versions: Sequence[Version]) -> str:
    texts = list(map(str, versions[:SHOWN_VERSIONS]))
    rest = len(versions) - SHOWN_VERSIONS
    last = f"{rest} older" if rest > 0 else texts.pop()
    return f"{', '.join(texts)} and {last}"
