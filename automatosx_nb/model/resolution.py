"""Chooses one version of each plugin that is needed, so that every requirement holds.

Newest first, but installed versions stay where they can; the user's own wishes are settled before what those
require. :mod:`.solver` decides; what it chooses is walked over by resolvelib (:mod:`.check`), and read against the
requirements once more, before anybody sees it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from automatosx_nb.errors import ResolutionUnsound, UnknownPlugin
from automatosx_nb.model.activation import activation_order
from automatosx_nb.model.candidates import Candidate, Candidates, Requirement
from automatosx_nb.model.check import check
from automatosx_nb.model.held_back import HeldBack, newer_versions
from automatosx_nb.model.policy import Policy
from automatosx_nb.model.rules import Rules
from automatosx_nb.model.search import edges, search
from automatosx_nb.model.semver import Range
from automatosx_nb.model.spelling import nearest
from automatosx_nb.model.tree import ChosenPlugin, tree_text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from automatosx_nb.model.policy import Cooldown, ReleasePolicy
    from automatosx_nb.model.ports import ReleaseIndex
    from automatosx_nb.model.release import IndexRelease
    from automatosx_nb.model.semver import Version


@dataclass(frozen=True, slots=True)
class Resolution:
    """One version of each plugin. ``order`` has every plugin after those that it requires: activate in this order."""

    selected: dict[str, Version]
    order: tuple[str, ...]
    releases: Mapping[str, IndexRelease]
    """Plugin → the release behind :attr:`selected`."""
    requirements: Mapping[str, Range]
    """What the user asked for."""
    _reached: Mapping[str, Requirement] = field(repr=False)
    _chosen: Mapping[str, Candidate] = field(repr=False)
    _candidates: Candidates = field(repr=False)

    def why(self, plugin: str) -> str:
        """One sentence: how the user's wishes lead to ``plugin``.

        :raises UnknownPlugin: it was not selected.
        """
        if plugin not in self.selected:
            raise UnknownPlugin(plugin, nearest(plugin, self.selected))
        step = self._reached[plugin]
        reasons = [str(step)]
        while step.parent is not None:
            step = self._reached[step.parent.plugin]
            reasons.append(str(step))
        return f"{plugin} {self.selected[plugin]} is here because {', because '.join(reasons)}."

    def because(self, plugin: str) -> str:
        """The last step of :meth:`why`: ``you asked for acme.a ^1``, ``acme.b 1.0.0 requires acme.a ^1``."""
        return str(self._reached[plugin])

    def plugins(self) -> tuple[ChosenPlugin, ...]:
        """Each with its reason and its requirements, in the order of activation."""
        return tuple(
            ChosenPlugin(
                plugin,
                str(self.selected[plugin]),
                self.why(plugin),
                _texts(self.releases[plugin].dependencies),
                _texts(self.releases[plugin].optional_dependencies, among=self.selected),
            )
            for plugin in self.order
        )

    def held_back(self) -> tuple[HeldBack, ...]:
        """Newer versions that were not chosen, and why; by plugin."""
        return newer_versions(self.requirements, self._chosen, self._candidates)

    def tree(self) -> str:
        """The wishes, and below each plugin what it requires, drawn in lines of text."""
        return tree_text(_texts(self.requirements), self.plugins())


def resolve(
    requirements: Mapping[str, str],
    index: ReleaseIndex,
    *,
    installed: Mapping[str, Version] | None = None,
    locked: Mapping[str, Version] | None = None,
    update: Collection[str] = (),
    prereleases: bool = False,
    betas: Collection[str] = (),
    cycles: Literal["refuse", "allow"] = "refuse",
    engine: Version | None = None,
    python: str | None = None,
    platform: str | None = None,
    policy: ReleasePolicy | None = None,
    cooldown: Cooldown | None = None,
    spend: Callable[[], object] | None = None,
) -> Resolution:
    """The versions that meet ``requirements`` (plugin → range) and all that these require in turn.

    :param installed: versions to keep where the requirements allow them; plugins that nothing needs are left out.
    :param locked: versions of a lockfile, kept before the installed ones.
    :param update: plugins of which the newest version is wanted, not the installed one.
    :param prereleases: choose among prerelease versions and beta releases too.
    :param betas: the same for these plugins only.
    :param engine: the runtime's API version, and ``python`` the interpreter's, as in ``3.12.1``: releases that do
        not fit them are not chosen. Where they are not given, the index's attributes of these names count.
    :param platform: the operating system, as manifests name it; None: releases for any may be chosen.
    :param policy: what may come at all, and ``cooldown`` how old it has to be. What is installed or locked, or pinned
        in ``requirements``, may be younger, yanked or a beta; nothing passes the policy or is quarantined.
    :param spend: is called with each step of the search, some thousands a second: there are requirements to which no
        search finds an end. What it raises comes through.
    :raises InvalidRange: in ``requirements``.
    :raises UnknownPlugin: the user asked for a plugin that the index does not have.
    :raises ResolutionConflict: no versions meet all requirements.
    :raises DependencyCycle: they do only with plugins that require each other in a circle.
    :raises ResolutionUnsound: what was chosen did not pass the checks.
    """
    wishes = {plugin: Range.parse(text) for plugin, text in requirements.items()}
    rules = Rules(
        pins={plugin: pin for plugin, wish in wishes.items() if (pin := wish.pin) is not None},
        installed=installed or {},
        locked=locked or {},
        update=update,
        prereleases=prereleases,
        betas=betas,
        engine=engine if engine is not None else getattr(index, "engine", None),
        python=python if python is not None else getattr(index, "python", None),
        platform=platform,
        policy=policy or Policy(),
        cooldown=cooldown,
    )
    candidates = Candidates(index, rules, spend)
    _check_known(wishes, candidates, index)
    return _resolution(wishes, search(wishes, candidates, cycles), candidates)


def _check_known(wishes: Mapping[str, Range], candidates: Candidates, index: ReleaseIndex) -> None:
    for plugin in wishes:
        if not candidates.knows(plugin):
            known = getattr(index, "known", None)
            raise UnknownPlugin(plugin, nearest(plugin, known()) if callable(known) else ())


def _resolution(wishes: Mapping[str, Range], chosen: Mapping[str, Candidate], candidates: Candidates) -> Resolution:
    chosen = {plugin: chosen[plugin] for plugin in sorted(chosen)}
    optional = {
        plugin: sorted(set(one.release.optional_dependencies) & chosen.keys()) for plugin, one in chosen.items()
    }
    reached = _read_back(wishes, chosen)
    order = activation_order(edges(chosen), optional)
    check(wishes, chosen)
    return Resolution(
        selected={plugin: one.version for plugin, one in chosen.items()},
        order=order,
        releases={plugin: one.release for plugin, one in chosen.items()},
        requirements=dict(wishes),
        _reached=reached,
        _chosen=chosen,
        _candidates=candidates,
    )


def _read_back(wishes: Mapping[str, Range], chosen: Mapping[str, Candidate]) -> dict[str, Requirement]:
    """Plugin → the requirement closest to the user's wishes that needs it, after checking every requirement.

    :raises ResolutionUnsound: one does not hold, so the search went wrong.
    """
    reached: dict[str, Requirement] = {}
    waiting = deque(Requirement(plugin, wish) for plugin, wish in wishes.items())
    while waiting:
        requirement = waiting.popleft()
        one = chosen.get(requirement.plugin)
        if one is None or not one.is_in(requirement.range):
            raise ResolutionUnsound(f"{requirement}, which does not hold", tuple(wishes))
        if requirement.plugin not in reached:
            reached[requirement.plugin] = requirement
            waiting.extend(each for each in one.requirements() if not each.optional)
    for plugin, one in chosen.items():
        if plugin not in reached:
            raise ResolutionUnsound(f"nothing requires {one}", tuple(wishes))
        for limit in one.requirements():
            if limit.optional and limit.plugin in chosen and not chosen[limit.plugin].is_in(limit.range):
                raise ResolutionUnsound(f"{limit}, which does not hold", tuple(wishes))
    return reached


def _texts(ranges: Mapping[str, Range], among: Collection[str] | None = None) -> dict[str, str]:
    return {plugin: str(ranges[plugin]) for plugin in sorted(ranges) if among is None or plugin in among}
