"""Whoever is beside a plugin under test: what offers it services, functions of the test, and what hears its events."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from automatosx_nb.errors import ServiceError, ServiceFailed, ServiceMissing, ServiceNotInRange
from automatosx_nb.host.bus import Bus
from automatosx_nb.host.bus.limits import BusLimits
from automatosx_nb.host.bus.publishing import Publisher
from automatosx_nb.host.capabilities.events import EventsCapability
from automatosx_nb.model.semver import Range, Version
from automatosx_nb.model.spelling import nearest

if TYPE_CHECKING:
    from automatosx_nb.model.events import Event
    from automatosx_nb.model.schemas import Schema

Services = Mapping[str, Callable[..., object]]
"""``plugin/service@version``, as in ``acme.tables/summarise@2.1.0`` → a function of the request's arguments."""

_SPELLED = re.compile(r"(?P<plugin>[^/@]+)/(?P<service>[^/@]+)@(?P<version>.+)")


class TestServices:
    """Finds and calls them as a kernel does, without the schemas, which are in nobody's manifest here."""

    __test__ = False

    def __init__(self, services: Services) -> None:
        """:raises ValueError: a key is spelled otherwise; as InvalidVersion."""
        self._offered: dict[str, dict[str, tuple[Version, Callable[..., object]]]] = {}
        for spelled, answer in services.items():
            found = _SPELLED.fullmatch(spelled)
            if found is None:
                raise ValueError(f"a service is spelled as in 'acme.tables/summarise@2.1.0', not {spelled!r:.80}")
            offer = Version.parse(found["version"]), answer
            self._offered.setdefault(found["plugin"], {})[found["service"]] = offer

    def named(self, plugin: str, wanted: str) -> list[str]:
        offered, versions = self._of(plugin), Range.parse(wanted)
        names = [name for name, (version, _) in offered.items() if version in versions]
        if not names:
            told = ", ".join(f"{name} {version}" for name, (version, _) in offered.items())
            raise ServiceNotInRange(plugin, "", wanted, told)
        return names

    def call(
        self, _caller: object, plugin: str, wanted: str, service: str, arguments: Mapping[str, object],
        _timeout_s: float | None = None,
    ) -> object:  # fmt: skip
        """What the function returns; a ServiceError that it raises is the caller's, any other is a ServiceFailed."""
        offered = self._of(plugin)
        if service not in offered:
            raise ServiceMissing(plugin, service, f"it offers {', '.join(offered)}", nearest(service, offered))
        version, answer = offered[service]
        if version not in Range.parse(wanted):
            raise ServiceNotInRange(plugin, service, wanted, str(version))
        try:
            return answer(**arguments)
        except ServiceError:
            raise
        except Exception as error:
            raise ServiceFailed(plugin, service, type(error).__name__, str(error)) from error

    def _of(self, plugin: str) -> dict[str, tuple[Version, Callable[..., object]]]:
        offered = self._offered.get(plugin)
        if not offered:
            raise ServiceMissing(plugin, "", "no such plugin is installed")
        return offered


def publishing(plugin: str, declared: Mapping[str, Schema], heard: Callable[[Event], Any]) -> EventsCapability:
    """``sdk.events`` of a plugin that declares these topics, each with its schema; ``heard`` gets every event."""

    def refused(pattern: str, error: Exception) -> None:
        raise error

    bus, limits = Bus(refused), BusLimits()
    bus.subscribe("**", heard)
    records = [{"topic": topic, "schema": schema} for topic, schema in declared.items()]
    return EventsCapability(plugin, records, Publisher(bus, plugin, limits), limits)
