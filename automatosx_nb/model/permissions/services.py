"""``services:call:<plugin>/<service>``: calling a service that another plugin offers; ``*`` is every one of it."""

from __future__ import annotations

import re

from automatosx_nb.model.names import ID_PATTERN
from automatosx_nb.model.permissions.kind import PermissionKind, Risk

CORE_PUBLISHER = "automatosx."
"""What the host itself offers is under this publisher's name."""
_CALL = "call:"


def call_scope(plugin: str, service: str) -> str:
    return f"{_CALL}{plugin}/{service}"


def provider_of(scope: str) -> str:
    """The plugin whose service a normal scope is about."""
    return scope.removeprefix(_CALL).partition("/")[0]


def _covers(granted: str, asked: str) -> bool:
    return granted == asked or (granted.endswith("/*") and provider_of(granted) == provider_of(asked))


def _risk(scope: str) -> Risk:
    """What a plugin was handed can go to another plugin, which may send it on; the host's own services keep it."""
    return Risk.LOW if provider_of(scope).startswith(CORE_PUBLISHER) else Risk.MEDIUM


def _shown(scope: str) -> str:
    plugin, _, service = scope.removeprefix(_CALL).partition("/")
    return f"{'every service' if service == '*' else f'the service {service}'} of {plugin}"


KIND = PermissionKind(
    "services",
    Risk.MEDIUM,
    "Call {scope}: what it sends there is that plugin's to use.",
    re.compile(rf"{_CALL}{ID_PATTERN}/(?:[a-z][a-z0-9_]{{0,39}}|\*)"),
    "call:<plugin>/<service>, as in call:acme.tables/summarise, or call:acme.tables/*",
    covers=_covers,
    risk_of=_risk,
    shown=_shown,
)
