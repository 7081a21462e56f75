"""Plans: pure functions of what is installed, what is wanted and what the registry says. Nothing here writes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from automatosx_nb.errors import (
    Incompatible,
    NotInstalled,
    PolicyForbids,
    StillRequired,
)
from automatosx_nb.model.changelog import news
from automatosx_nb.model.consent import PermissionPolicy
from automatosx_nb.model.gate import Gate
from automatosx_nb.model.generation import Generation
from automatosx_nb.model.permissions import not_covered
from automatosx_nb.model.plan import Plan, PlannedChange
from automatosx_nb.model.policy import Policy
from automatosx_nb.model.resolution import Resolution, resolve
from automatosx_nb.model.rules import Rules
from automatosx_nb.model.semver import Range, Version
from automatosx_nb.model.spelling import nearest
from automatosx_nb.profile.changes import (
    Consent,
    MissingPackages,
    change_kind,
    refuse_denied_grants,
    refuse_taken_magics,
    release_of,
    rewished,
    wishes_of,
)
from automatosx_nb.profile.index import InstalledIndex, OnlyInstalled, ReadPackage
from automatosx_nb.profile.syncing import LockedIndex, plan_sync

if TYPE_CHECKING:
    from automatosx_nb.model.lockfile import Lockfile
    from automatosx_nb.model.policy import Cooldown
    from automatosx_nb.model.ports import Registry
    from automatosx_nb.profile.store import Store

ANY = "*"


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
    ) -> None:
        self._registry = registry
        self._package = package
        self._engine = engine
        self._python = python
        self._missing = missing
        self._platform = platform
        self._policy = policy or Policy()
        self._permissions = permissions or PermissionPolicy()
        self._cooldown = cooldown

    def newest(self, plugin: str) -> Version | None:
        """The newest stable version that may be chosen and runs here; None: there is none."""
        rules = Rules(
            policy=self._policy or Policy(),
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

    def install(self, current: Generation, plugin: str, wish: str = "", *, prereleases: bool = False) -> Plan:
        """``wish`` is a range that is kept from then on; one exact version (or nothing: the newest stable one) is
        chosen now and kept as ``^`` of itself, as npm does, so that updates reach it.

        :raises UnknownPlugin:
        :raises InvalidRange:
        :raises ResolutionConflict:
        """
        detail = self._registry.plugin(plugin)
        wanted = {**wishes_of(current), plugin: wish or ANY}
        resolution = self._resolve(current, wanted, {plugin}, prereleases)
        chosen = resolution.selected[plugin]
        if not wish or Range.parse(wish).pin is not None:
            wanted[plugin] = f"^{chosen}"
        action = f"install {detail.summary.id} {chosen}"
        return self._plan(current, wanted, resolution, action)

    def update(
        self,
        current: Generation,
        plugins: Sequence[str] = (),
        *,
        prereleases: bool = False,
        grants: Collection[str] | None = None,
    ) -> Plan:
        """The newest versions of ``plugins`` (empty: of all) that the wishes allow.

        :param grants: hold back what asks for more than this and what was granted before; None: plan it, and ask.

        :raises NotInstalled:
        :raises ResolutionConflict:
        """
        fresh = set(plugins) or set(current.plugins)
        for plugin in fresh:
            if plugin not in current.plugins:
                raise NotInstalled(plugin, nearest(plugin, current.plugins))
        wanted = wishes_of(current)
        resolution = self._resolve(current, wanted, fresh, prereleases, grants)
        changes = ", ".join(
            f"{plugin} {version}"
            for plugin, version in sorted(resolution.selected.items())
            if plugin not in current.plugins or str(version) != current.plugins[plugin].version
        )
        return self._plan(current, wanted, resolution, f"update {changes}" if changes else "update (nothing to do)")

    def remove(self, current: Generation, plugin: str) -> Plan:
        """Without ``plugin``, and without the dependencies that nobody else needs.

        :raises NotInstalled:
        :raises StillRequired: by another installed plugin.
        """
        if plugin not in current.plugins:
            raise NotInstalled(plugin, nearest(plugin, current.plugins))
        wanted = {name: wish for name, wish in wishes_of(current).items() if name != plugin}
        resolution = resolve(wanted, OnlyInstalled(self._index(current), current.plugins), cycles="allow")
        if plugin in resolution.selected:
            by = sorted(name for name, release in resolution.releases.items() if plugin in release.dependencies)
            raise StillRequired(plugin, tuple(by))
        return self._plan(current, wanted, resolution, f"remove {plugin}")

    def sync(self, current: Generation, lock: Lockfile, store: Store, source: str) -> Plan:
        """Exactly what ``lock`` says, whatever is installed; what the registry lost is taken from ``store``.

        :param source: what errors call the lock.
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
        )
        plan = plan_sync(
            current, lock, index, order=resolution.order, missing=self._missing, permissions=self._permissions
        )
        return replace(plan, plugins=resolution.plugins())

    def _resolve(
        self,
        current: Generation,
        wanted: Mapping[str, str],
        update: set[str],
        prereleases: bool,
        grants: Collection[str] | None = None,
    ) -> Resolution:
        return resolve(
            wanted,
            self._index(current),
            installed={plugin: Version.parse(entry.version) for plugin, entry in current.plugins.items()},
            update=update,
            prereleases=prereleases,
            engine=self._engine,
            python=self._python,
            platform=self._platform,
            policy=Gate(
                self._policy, self._permissions, self._registry.plugin, installed=current.plugins, grants=grants
            ),
            cooldown=self._cooldown,
        )

    def _index(self, current: Generation) -> InstalledIndex:
        return InstalledIndex(self._registry, current.plugins, self._package)

    def _plan(self, current: Generation, wanted: Mapping[str, str], resolution: Resolution, action: str) -> Plan:
        selected = {plugin: str(resolution.selected[plugin]) for plugin in resolution.order}
        changes = [
            self._change(
                current, plugin, version, "you asked for it" if plugin in wanted else resolution.because(plugin)
            )
            for plugin, version in selected.items()
            if plugin not in current.plugins or current.plugins[plugin].version != version
        ]
        changes += [
            PlannedChange(plugin, "remove", entry.version, None, _why_gone(current, wanted, plugin))
            for plugin, entry in current.plugins.items()
            if plugin not in selected
        ]
        kept = {
            plugin: entry.version for plugin, entry in current.plugins.items() if selected.get(plugin) == entry.version
        }
        refuse_taken_magics(current, kept, {change.id: self._magics(change) for change in changes if change.new})
        return Plan(
            current.number,
            action,
            tuple(changes),
            kept,
            wanted,
            rewished(current, kept, wanted),
            plugins=resolution.plugins(),
            held_back=resolution.held_back(),
        )

    def _magics(self, change: PlannedChange) -> Sequence[str]:
        assert change.new is not None
        return release_of(self._registry.plugin(change.id), change.new).contributions.get("magics", ())

    def _change(self, current: Generation, plugin: str, version: str, why: str) -> PlannedChange:
        detail = self._registry.plugin(plugin)
        release = release_of(detail, version)
        missing = self._missing(release.packages)
        entry = current.plugins.get(plugin)
        granted = entry.grants if entry else ()
        consent = Consent.of(release, granted, self._permissions, plugin)
        return PlannedChange(
            id=plugin,
            kind=change_kind(entry.version if entry else None, version),
            old=entry.version if entry else None,
            new=version,
            why=why,
            asks=consent.asks,
            optional=consent.optional,
            by_policy=consent.by_policy,
            denied=consent.denied,
            drops=not_covered(granted, (*release.permissions, *release.optional_permissions)),
            size=release.size,
            changelog=news(self._registry.changelog(plugin, version), entry.version, version) if entry else "",
            missing_packages=missing,
            sha256=release.sha256,
        )


def plan_return(current: Generation, target: Generation, policy: Policy, permissions: PermissionPolicy) -> Plan:
    """Back (or forward) to what ``target`` was, exactly: no registry is asked.

    :raises PolicyForbids: that would bring back a release that ``policy`` does not let in, or a grant that
        ``permissions`` denies.
    """
    refuse_denied_grants(current, target, permissions)
    changes = []
    for plugin in sorted({*current.plugins, *target.plugins}):
        old, new = current.plugins.get(plugin), target.plugins.get(plugin)
        if new is None:
            assert old is not None
            changes.append(PlannedChange(plugin, "remove", old.version, None, f"generation {target.number} had it so"))
        elif old is None or old != replace(new, wish=old.wish):
            same = old is not None and old.version == new.version
            why = f"with the data and the grants of generation {target.number}" if same else ""
            why = why or f"generation {target.number} had it so"
            kind = change_kind(old.version if old else None, new.version)
            changes.append(PlannedChange(plugin, kind, old.version if old else None, new.version, why))
    _hold_against(policy, changes)
    changed = {change.id for change in changes}
    kept = {plugin: entry.version for plugin, entry in target.plugins.items() if plugin not in changed}
    wishes = wishes_of(target)
    action = f"roll back to generation {target.number}"
    return Plan(current.number, action, tuple(changes), kept, wishes, rewished(current, kept, wishes))


def _hold_against(policy: Policy, changes: Iterable[PlannedChange]) -> None:
    """:raises PolicyForbids: a change brings a release that ``policy`` does not let in."""
    for change in changes:
        if change.new is None or change.new == change.old:
            continue
        reason = policy.against(change.id, Version.parse(change.new))
        if reason is not None:
            raise PolicyForbids(change.id, change.new, reason)


def require_packages(plan: Plan) -> None:
    """:raises Incompatible: with the ``%pip`` line that helps; packages are never installed behind the user's back."""
    for change in plan.changes:
        if change.missing_packages and change.new:
            line = " ".join(f"'{package}'" for package in change.missing_packages)
            reasons = tuple(
                f"it needs {package}, which this environment does not have" for package in change.missing_packages
            )
            raise Incompatible(change.id, change.new, reasons, f"Nothing was changed. Run %pip install {line} first.")


def _why_gone(current: Generation, wanted: Mapping[str, str], plugin: str) -> str:
    asked_for = current.plugins[plugin].wish is not None and plugin not in wanted
    return "you asked for it" if asked_for else "nothing needs it any more"
