"""Whether what stays installed can go on calling the services of what changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from automatosx_nb.errors import DependantsBroken
from automatosx_nb.model.permissions import Permission, not_covered
from automatosx_nb.model.permissions.services import call_scope
from automatosx_nb.model.service_changes import lost_by_callers

if TYPE_CHECKING:
    from automatosx_nb.model.contributions.services import Service
    from automatosx_nb.model.generation import Generation, InstalledPlugin
    from automatosx_nb.package import Package
    from automatosx_nb.profile.profile import Profile


def refuse_broken(
    profile: Profile, current: Generation, package: Package, staying: Mapping[str, InstalledPlugin]
) -> None:
    """``package`` takes the place of the release in ``current``; ``staying``: installed plugins that stay as they are.

    Who only may be there without it (``optional-plugins``) has to get by, and is not asked.

    :raises DependantsBroken: with what each of those that require it would lose.
    """
    provider = package.manifest.id
    old = current.plugins.get(provider)
    if old is None or not old.contributes.get("services"):
        return
    before = profile.package(old).manifest.contributes.services
    lost: dict[str, tuple[str, ...]] = {}
    for entry in staying.values():
        called = [service for service in before if _may_call(entry, provider, service)]
        if called and provider in profile.package(entry).manifest.requires.plugins:
            lost[entry.id] = tuple(lost_by_callers(package.manifest.contributes.services, called))
    lost = {plugin: sentences for plugin, sentences in lost.items() if sentences}
    if lost:
        raise DependantsBroken(provider, str(package.manifest.version), lost)


def _may_call(entry: InstalledPlugin, provider: str, service: Service) -> bool:
    return not not_covered([str(Permission("services", call_scope(provider, service.name)))], entry.grants)
