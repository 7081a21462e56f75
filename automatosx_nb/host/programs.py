"""An installed plugin as the program that a worker runs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from automatosx_nb.model.permissions import Permission
from automatosx_nb.sandbox.supervisor import Program

if TYPE_CHECKING:
    from automatosx_nb.package import Package
    from automatosx_nb.sandbox.limits import Limits


def program_of(package: Package, grants: Iterable[str]) -> Program:
    """The sources, the handlers that have to exist, and the libraries that were granted."""
    manifest = package.manifest
    return Program(
        plugin=manifest.id,
        version=str(manifest.version),
        sources=package.sources,
        handlers=manifest.handlers,
        modules=granted_modules(grants),
    )


def granted_modules(grants: Iterable[str]) -> tuple[str, ...]:
    """The libraries outside the standard library that these permissions open."""
    granted = [Permission.parse(text) for text in grants]
    return tuple(permission.scope for permission in granted if permission.kind == "modules")


def limits_of(package: Package, configured: Limits) -> Limits:
    """The plugin's own wishes where they stay below what the user's configuration allows."""
    return configured.capping(package.manifest.limits)
