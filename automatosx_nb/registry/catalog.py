"""Plugins that come as sources, in folders ``<name>/<version>/``: published as anybody's, checks and all, but that what
was tried before it was bundled is not started again."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from automatosx_nb import package
from automatosx_nb.model.names import COMMUNITY_PUBLISHERS, publisher_of
from automatosx_nb.model.semver import Version
from automatosx_nb.registry.tried import digests_in

if TYPE_CHECKING:
    from pathlib import Path

    from automatosx_nb.model.release import PublishReport
    from automatosx_nb.registry.service import EmbeddedRegistry


def publish_folder_tree(registry: EmbeddedRegistry, root: Path) -> tuple[PublishReport, ...]:
    """Publish what is in ``root`` and not in ``registry``, each plugin's versions in SemVer order.

    A version that is there of a verified publisher is not built again, for a release never changes: then this reads
    manifests and nothing more. Its bytes are not compared, for others may come of the same files elsewhere; that nobody
    else's count as these is what verifying says, and what was never verified is published anew, so held against them.
    The publishers count as verified: these folders came with what the user has installed. The community's are left as
    they are; where users of this registry have that name, it stays theirs, and nothing is published under it.

    :returns: the reports of what was published now.
    :raises PublishRefused, ReleaseExists: as ``registry.publish`` does. InvalidManifest, InvalidArtifact: of a folder.
    """
    reports, tried = [], digests_in(root)
    for plugin, version, folder in sorted(map(_identity, root.glob("*/*/plugin.toml")), key=lambda found: found[:2]):
        there = {release.version for release in registry.releases(plugin)}
        publisher = publisher_of(plugin)
        vouched = publisher not in COMMUNITY_PUBLISHERS
        if version in there and (registry.is_verified(publisher) or not vouched):
            continue
        if vouched or not registry.has_members(publisher):
            reports.append(registry.publish_bundled(package.build(folder), verified=vouched, tried=tried))
    return tuple(report for report in reports if report.created)


def _identity(manifest: Path) -> tuple[str, Version, Path]:
    head = tomllib.loads(manifest.read_text("utf-8"))["plugin"]
    return head["id"], Version.parse(head["version"]), manifest.parent
