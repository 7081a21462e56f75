"""What is told of a plugin where the registry shows nothing of it: why, and what the profile's own store knows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from automatosx_nb.errors import PluginQuarantined, UnknownPlugin
from automatosx_nb.model.keys import ReleaseSignature
from automatosx_nb.model.release import PluginDetail, PluginSummary, ReleaseDetail, Stage

if TYPE_CHECKING:
    from automatosx_nb.model.ports import Registry
    from automatosx_nb.package import Package


def shown_by(registry: Registry, plugin: str) -> PluginDetail:
    """As :meth:`~automatosx_nb.model.ports.Registry.plugin`.

    :raises PluginQuarantined: the registry has it, and nobody gets any release of it.
    """
    try:
        return registry.plugin(plugin)
    except UnknownPlugin:
        for each in registry.releases(plugin):
            if each.quarantined is not None:
                raise PluginQuarantined(plugin, each.quarantined) from None
        raise


def detail_of(package: Package, *, verified: bool = False, signer: str = "") -> PluginDetail:
    """As a registry would tell it, of one release that only the store has.

    :param signer: the id of the key that signed it; empty: none did.
    """
    signature = ReleaseSignature(signer, "", "") if signer else None
    manifest, release = package.manifest, replace(release_detail_of(package), signature=signature)
    summary = PluginSummary(
        id=manifest.id,
        version=release.version,
        summary=manifest.summary,
        categories=manifest.categories,
        keywords=manifest.keywords,
        license=manifest.license,
        verified=verified,
        downloads=0,
        permissions=manifest.permissions,
        updated="",
        engine=release.engine,
        python=release.python,
        platforms=release.platforms,
        packages=release.packages,
    )
    return PluginDetail(summary, manifest.authors, package.readme, package.changelog, (release,))


def release_detail_of(package: Package) -> ReleaseDetail:
    """As a registry would tell it, of what only the store has."""
    manifest = package.manifest
    return ReleaseDetail(
        version=str(manifest.version),
        stage=Stage.STABLE,
        published="",
        sha256=package.sha256,
        size=package.size,
        permissions=manifest.permissions,
        optional_permissions=manifest.optional_permissions,
        dependencies={plugin: str(wanted) for plugin, wanted in manifest.requires.plugins.items()},
        packages=manifest.requires.packages,
        engine=str(manifest.requires.automatosx),
        python=manifest.requires.python,
        contributions=manifest.contributes.summary(),
        platforms=manifest.requires.platforms,
    )
