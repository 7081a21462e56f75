"""Plans: pure functions of what is installed, what is wanted and what the registry says. Nothing here writes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from automatosx_nb.errors import Incompatible, NotPinned, StillRequired
from automatosx_nb.model.consent import PermissionPolicy
from automatosx_nb.model.gate import Gate, Step
from automatosx_nb.model.plan import Plan
from automatosx_nb.model.policy import Policy
from automatosx_nb.model.resolution import Resolution, resolve
from automatosx_nb.model.rules import Rules
from automatosx_nb.model.semver import Range, Version
from automatosx_nb.profile.changes import MissingPackages, installed_entry, wishes_of
from automatosx_nb.profile.comparing import Comparison
from automatosx_nb.profile.details import shown_by
from automatosx_nb.profile.index import InstalledIndex, OnlyInstalled, ReadPackage
from automatosx_nb.profile.syncing import LockedIndex, plan_sync

if TYPE_CHECKING:
    from automatosx_nb.model.generation import Channel, Generation, Pin
    from automatosx_nb.model.lockfile import Lockfile
    from automatosx_nb.model.policy import Cooldown
    from automatosx_nb.model.ports import Registry
    from automatosx_nb.profile.store import Store

ANY = "*"
Wishes = str | Mapping[str, str]
"""A plugin, or several with the range that is asked for of each; an empty one: the newest."""


class Planner:
    """Makes plans against one registry and one environment; ``package`` reads what is installed from the store."""

    def __init__(
        self,
        registry: Registry,
        *,
        package: ReadPackage,
        engine: Version,
        python: str,
        missing: MissingPackages,
        platform: str | None = None,
        policy: Policy | None = None,
        permissions: PermissionPolicy | None = None,
        cooldown: Cooldown | None = None,
        deadline: Callable[[], Callable[[], object]] | None = None,
    ) -> None:
        """:param deadline: makes what one search spends; None: each takes as long as it has to."""
        self._registry = registry
        self._package = package
        self._permissions = permissions or PermissionPolicy()
        self._comparison = Comparison(registry, package, missing, self._permissions)
        self._engine = engine
        self._python = python
        self._missing = missing
        self._platform = platform
        self._policy = policy or Policy()
        self._cooldown = cooldown
        self._deadline = deadline

    def newest(self, plugin: str) -> Version | None:
        """The newest stable version that may be chosen and runs here; None: there is none."""
        rules = Rules(
            policy=self._policy,
            cooldown=self._cooldown,
            engine=self._engine,
            python=self._python,
            platform=self._platform,
        )
        fitting = (
            release.version
            for release in self._registry.releases(plugin)
            if not release.version.is_prerelease
            and rules.against(plugin, release) is None
            and not self._missing(release.packages)
        )
        return max(fitting, default=None)

    def install(
        self,
        current: Generation,
        plugins: Wishes,
        wish: str = "",
        *,
        prereleases: bool = False,
        channel: Channel | None = None,
    ) -> Plan:
        """One plugin, or several together, each with its own wish; ``wish`` is that of those without one.

        A wish is a range that is kept from then on; one exact version (or nothing: the newest stable one) is
        chosen now and kept as ``^`` of itself, as npm does, so that updates reach it.

        :param channel: theirs from then on; None: as it is, and stable for what is new.
        :raises UnknownPlugin:
        :raises PluginQuarantined: all of it is.
        :raises InvalidRange:
        :raises ResolutionConflict:
        :raises PlanTooHard: as every plan does that is searched for, where it is given a deadline.
        """
        asked = {plugins: wish} if isinstance(plugins, str) else {each: own or wish for each, own in plugins.items()}
        named = {plugin: shown_by(self._registry, plugin).summary.id for plugin in asked}
        wanted = {**wishes_of(current), **{plugin: own or ANY for plugin, own in asked.items()}}
        channels = _rechanneled(current, dict.fromkeys(asked, channel) if channel else {})
        resolution = self._resolve(current, wanted, set(asked), prereleases, channels=channels)
        for plugin, own in asked.items():
            if not own or Range.parse(own).pin is not None:
                wanted[plugin] = f"^{resolution.selected[plugin]}"
        action = f"install {', '.join(f'{id} {resolution.selected[plugin]}' for plugin, id in named.items())}"
        return self._comparison.plan(current, wanted, resolution, action, channels)

    def pin(self, current: Generation, plugin: str, version: str, pin: Pin) -> Plan:
        """Hold ``plugin`` at ``version``, by default at the installed one, which is brought there where it is not.

        :raises NotInstalled:
        :raises InvalidVersion:
        :raises ResolutionConflict: there is no such version, or it does not go together with the others.
        """
        entry = installed_entry(current, plugin)
        wanted = wishes_of(current)
        version = str(Version.parse(version)) if version else entry.version
        action = f"pin {plugin} {version}"
        if version == entry.version:
            kept = {each: one.version for each, one in current.plugins.items()}
            return Plan(current.number, action, (), kept, wanted, pins={plugin: pin})
        free = replace(current, plugins={**current.plugins, plugin: replace(entry, pin=None)})
        resolution = self._resolve(free, {**wanted, plugin: version}, {plugin}, prereleases=False)
        if plugin in wanted and not Range.parse(wanted[plugin]).allows(Version.parse(version), prereleases=True):
            wanted[plugin] = f"^{version}"
        return replace(self._comparison.plan(current, wanted, resolution, action), pins={plugin: pin})

    def update(
        self,
        current: Generation,
        plugins: Sequence[str] = (),
        *,
        prereleases: bool = False,
        grants: Collection[str] | None = None,
        channel: Channel | None = None,
        most: Step | None = None,
    ) -> Plan:
        """The newest versions of ``plugins`` (empty: of all) that the wishes allow.

        :param grants: hold back what asks for more than this and what was granted before; None: plan it, and ask.
        :param channel: that of ``plugins`` from now on; None: as it is.
        :param most: hold back what is more than such a step.
        :raises NotInstalled:
        :raises ResolutionConflict:
        """
        fresh = set(plugins) or set(current.plugins)
        for plugin in plugins:
            installed_entry(current, plugin)
        wanted = wishes_of(current)
        channels = _rechanneled(current, dict.fromkeys(fresh, channel) if channel else {})
        resolution = self._resolve(current, wanted, fresh, prereleases, grants, channels=channels, most=most)
        changes = ", ".join(
            f"{plugin} {version}"
            for plugin, version in sorted(resolution.selected.items())
            if plugin not in current.plugins or str(version) != current.plugins[plugin].version
        )
        if channels:
            changes = ", ".join(filter(None, (changes, *(f"{each} to {to}" for each, to in sorted(channels.items())))))
        action = f"update {changes}" if changes else "update (nothing to do)"
        return self._comparison.plan(current, wanted, resolution, action, channels)

    def remove(self, current: Generation, plugin: str) -> Plan:
        """Without ``plugin``, and without the dependencies that nobody else needs.

        :raises NotInstalled:
        :raises StillRequired: by another installed plugin.
        """
        installed_entry(current, plugin)
        wanted = {name: wish for name, wish in wishes_of(current).items() if name != plugin}
        resolution = resolve(
            wanted, OnlyInstalled(self._index(current), current.plugins), cycles="allow", spend=self._spend()
        )
        if plugin in resolution.selected:
            by = sorted(name for name, release in resolution.releases.items() if plugin in release.dependencies)
            raise StillRequired(plugin, tuple(by))
        return self._comparison.plan(current, wanted, resolution, f"remove {plugin}")

    def sync(self, current: Generation, lock: Lockfile, store: Store, source: str, pin: Callable[[str], Pin]) -> Plan:
        """Exactly what ``lock`` says, whatever is installed; what the registry lost is taken from ``store``.

        :param source: what errors call the lock.
        :param pin: makes one of its note.
        :raises LockedReleaseGone: the registry and the store lack what it names.
        :raises InvalidLockfile: it says of a plugin what that plugin's manifest does not.
        :raises ResolutionConflict: a plugin is quarantined, denied, or does not fit this runtime or Python.
        :raises PolicyForbids: it grants what policy denies.
        :raises MagicTaken:
        """
        index = LockedIndex(self._registry, lock, store, source)
        locked = {plugin: Version.parse(entry.version) for plugin, entry in lock.plugins.items()}
        resolution = resolve(
            lock.wishes,
            index,
            locked=locked,
            prereleases=True,
            engine=self._engine,
            python=self._python,
            platform=self._platform,
            policy=self._policy,
            spend=self._spend(),
        )
        plan = plan_sync(
            current,
            lock,
            index,
            order=resolution.order,
            missing=self._missing,
            permissions=self._permissions,
            pin=pin,
        )
        return replace(plan, plugins=resolution.plugins())

    def _resolve(
        self,
        current: Generation,
        wanted: Mapping[str, str],
        update: set[str],
        prereleases: bool,
        grants: Collection[str] | None = None,
        *,
        channels: Mapping[str, Channel] | None = None,
        most: Step | None = None,
    ) -> Resolution:
        on = {plugin: entry.channel for plugin, entry in current.plugins.items()} | dict(channels or {})
        return resolve(
            wanted,
            self._index(current),
            installed={plugin: Version.parse(entry.version) for plugin, entry in current.plugins.items()},
            update=update,
            prereleases=prereleases,
            betas=frozenset(plugin for plugin, channel in on.items() if channel == "beta"),
            engine=self._engine,
            python=self._python,
            platform=self._platform,
            policy=Gate(
                self._policy,
                self._permissions,
                self._registry.plugin,
                installed=current.plugins,
                grants=grants,
                most=most,
                source_of=self._registry.source_of,
                signed=self._policy.signed,
            ),
            cooldown=self._cooldown,
            spend=self._spend(),
        )

    def _spend(self) -> Callable[[], object] | None:
        return None if self._deadline is None else self._deadline()

    def _index(self, current: Generation) -> InstalledIndex:
        return InstalledIndex(self._registry, current.plugins, self._package)


def plan_unpin(current: Generation, plugin: str) -> Plan:
    """:raises NotInstalled:
    :raises NotPinned:
    """
    if installed_entry(current, plugin).pin is None:
        pinned = tuple(each for each, entry in current.plugins.items() if entry.pin is not None)
        raise NotPinned(plugin, pinned)
    kept = {each: one.version for each, one in current.plugins.items()}
    return Plan(current.number, f"unpin {plugin}", (), kept, wishes_of(current), pins={plugin: None})


def _rechanneled(current: Generation, channels: Mapping[str, Channel]) -> dict[str, Channel]:
    """Those of ``channels`` that are not so already."""
    before = {plugin: entry.channel for plugin, entry in current.plugins.items()}
    return {plugin: to for plugin, to in channels.items() if before.get(plugin, "stable") != to}


def require_packages(plan: Plan) -> None:
    """:raises Incompatible: with the ``%pip`` line that helps; packages are never installed behind the user's back."""
    for change in plan.changes:
        if change.missing_packages and change.new:
            reasons = tuple(
                f"it needs {package}, which this environment does not have" for package in change.missing_packages
            )
            raise Incompatible(change.id, change.new, reasons, f"Nothing was changed. Run {plan.pip_line} first.")
