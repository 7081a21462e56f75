"""What a resolution changes of what is installed: the plan, and of each change what people decide by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from automatosx_nb.errors import ProfileDamaged
from automatosx_nb.model.changelog import news
from automatosx_nb.model.flags import deprecation, warnings_of, yanked_for
from automatosx_nb.model.permissions import not_covered
from automatosx_nb.model.plan import Plan, PlannedChange
from automatosx_nb.model.publisher import Signers, newcomer_doubt, publisher_change, publisher_doubt
from automatosx_nb.model.semver import Version
from automatosx_nb.profile.changes import (
    Consent,
    MissingPackages,
    change_kind,
    refuse_taken_magics,
    release_of,
    requirement_changes,
    rewished,
)

if TYPE_CHECKING:
    from automatosx_nb.model.consent import PermissionPolicy
    from automatosx_nb.model.generation import Channel, Generation, InstalledPlugin
    from automatosx_nb.model.held_back import HeldBack
    from automatosx_nb.model.ports import Registry
    from automatosx_nb.model.release import IndexRelease, ReleaseDetail
    from automatosx_nb.model.resolution import Resolution
    from automatosx_nb.profile.index import ReadPackage


class Comparison:
    """With what one registry says; ``package`` reads what is installed from the store."""

    def __init__(
        self, registry: Registry, package: ReadPackage, missing: MissingPackages, permissions: PermissionPolicy
    ) -> None:
        self._registry = registry
        self._package = package
        self._missing = missing
        self._permissions = permissions

    def plan(
        self,
        current: Generation,
        wanted: Mapping[str, str],
        resolution: Resolution,
        action: str,
        channels: Mapping[str, Channel] | None = None,
    ) -> Plan:
        """From ``current`` to what was resolved of ``wanted``.

        :raises MagicTaken:
        """
        selected = {plugin: str(resolution.selected[plugin]) for plugin in resolution.order}
        changes = [
            self._change(
                current,
                plugin,
                resolution.releases[plugin],
                "you asked for it" if plugin in wanted else resolution.because(plugin),
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
            channels=channels or {},
            plugins=resolution.plugins(),
            held_back=tuple(each for each in resolution.held_back() if not _is_left(current, changes, each)),
        )

    def _magics(self, change: PlannedChange) -> Sequence[str]:
        assert change.new is not None
        return release_of(self._registry.plugin(change.id), change.new).contributions.get("magics", ())

    def _change(self, current: Generation, plugin: str, chosen: IndexRelease, why: str) -> PlannedChange:
        detail = self._registry.plugin(plugin)
        version = str(chosen.version)
        release = release_of(detail, version)
        entry = current.plugins.get(plugin)
        granted = entry.grants if entry else ()
        consent = Consent.of(release, granted, self._permissions, plugin)
        source = self._registry.source_of(plugin)
        verified, signers = detail.summary.verified, Signers.of(detail, version, entry.signer if entry else "")
        if entry is None:
            doubt = newcomer_doubt(detail, version, current.plugins.values())
        else:
            doubt = publisher_doubt(entry, source, verified=verified, signers=signers)
        installed = next((each for each in detail.releases if entry and each.version == entry.version), None)
        return PlannedChange(
            id=plugin,
            kind=change_kind(entry.version if entry else None, version),
            old=entry.version if entry else None,
            new=version,
            why=_why_left(installed, chosen) or why,
            asks=consent.asks,
            optional=consent.optional,
            by_policy=consent.by_policy,
            denied=consent.denied,
            drops=not_covered(granted, (*release.permissions, *release.optional_permissions)),
            size=release.size,
            changelog=news(self._registry.changelog(plugin, version), entry.version, version) if entry else "",
            missing_packages=self._missing(release.packages),
            sha256=release.sha256,
            requires=requirement_changes(self._installed_requires(entry), release.dependencies),
            old_size=installed.size if installed else 0,
            source=source,
            verified=verified,
            signature=release.signature,
            publisher=publisher_change(entry, source, verified=verified, signers=signers) if entry else doubt,
            doubt=doubt,
            deprecated=deprecation(release),
            warnings=warnings_of(plugin, chosen),
        )

    def _installed_requires(self, entry: InstalledPlugin | None) -> Mapping[str, str]:
        """From the store, where it is whole; what is damaged there is replaced by this very change."""
        if entry is None:
            return {}
        try:
            manifest = self._package(entry).manifest
        except ProfileDamaged:
            return {}
        return {plugin: str(wanted) for plugin, wanted in manifest.requires.plugins.items()}


def _why_left(installed: ReleaseDetail | None, chosen: IndexRelease) -> str:
    """Why what is installed makes place for something older, where it was yanked; else empty."""
    if installed is None or not installed.yanked or chosen.version > Version.parse(installed.version):
        return ""
    return f"{installed.version} {yanked_for(installed.yanked)}"


def _is_left(current: Generation, changes: Sequence[PlannedChange], held: HeldBack) -> bool:
    """Whether it is what is installed now: the change away from it says why."""
    entry = current.plugins.get(held.id)
    return entry is not None and entry.version == held.newer and any(each.id == held.id for each in changes)


def _why_gone(current: Generation, wanted: Mapping[str, str], plugin: str) -> str:
    asked_for = current.plugins[plugin].wish is not None and plugin not in wanted
    return "you asked for it" if asked_for else "nothing needs it any more"
