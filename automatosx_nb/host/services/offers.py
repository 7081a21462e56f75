"""What can be called now: the services of the plugins of the current generation, and the host's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from automatosx_nb.errors import ServiceMissing, ServiceNotInRange
from automatosx_nb.host.services.messages import Reply, Request
from automatosx_nb.model.contributions.services import Service
from automatosx_nb.model.semver import Range
from automatosx_nb.model.spelling import nearest

if TYPE_CHECKING:
    from automatosx_nb.host.services.core.service import CoreService
    from automatosx_nb.model.generation import InstalledPlugin

parse_range = lru_cache(maxsize=256)(Range.parse)


@dataclass(frozen=True, slots=True, eq=False)
class Offer:
    """One service that is there. ``release``: the digest of the release that offers it; '': the host itself does."""

    plugin: str
    service: Service
    request: Request
    reply: Reply
    release: str = ""
    core: CoreService | None = None

    @property
    def name(self) -> str:
        return self.service.name


class Offers:
    """``installed`` gives the plugins of the generation that this kernel follows, each time it is asked."""

    def __init__(
        self, installed: Callable[[], Iterable[InstalledPlugin]], core: Mapping[str, Iterable[CoreService]]
    ) -> None:
        self._installed = installed
        self._core = {
            plugin: {one.service.name: _offer(plugin, one.service, core=one) for one in some}
            for plugin, some in core.items()
        }
        self._made: dict[str, tuple[str, dict[str, Offer]]] = {}
        """Plugin → the release of it that was looked at last, and what that offers."""

    def all(self) -> list[Offer]:
        """Every one, by plugin, the host's own last."""
        return [offer for plugin in self._plugins() for offer in self._of(plugin).values()]

    def named(self, plugin: str, wanted: str) -> list[str]:
        """The names of those of ``plugin`` that are in the range.

        :raises ServiceMissing: it offers nothing.
        :raises ServiceNotInRange: it offers other versions.
        :raises InvalidRange:
        """
        found, versions = self._of(plugin), parse_range(wanted)
        if not found:
            raise self._missing(plugin, "")
        named = [name for name, offer in found.items() if offer.service.version in versions]
        if not named:
            raise ServiceNotInRange(plugin, "", wanted, _versions(found.values()))
        return named

    def find(self, plugin: str, wanted: str, service: str) -> Offer:
        """Raises as :meth:`named` does."""
        found, versions = self._of(plugin), parse_range(wanted)
        offer = found.get(service)
        if offer is None:
            raise self._missing(plugin, service)
        if offer.service.version not in versions:
            raise ServiceNotInRange(plugin, service, wanted, str(offer.service.version))
        return offer

    def _plugins(self) -> dict[str, InstalledPlugin | None]:
        return {**{entry.id: entry for entry in self._installed()}, **dict.fromkeys(self._core)}

    def _of(self, plugin: str) -> dict[str, Offer]:
        entry = self._plugins().get(plugin)
        if entry is None:
            return self._core.get(plugin, {})
        made = self._made.get(plugin)
        if made is None or made[0] != entry.sha256:
            records = entry.contributes.get("services", ())
            offers = [_offer(plugin, Service.from_record(record), release=entry.sha256) for record in records]
            made = self._made[plugin] = entry.sha256, {offer.name: offer for offer in offers}
        return made[1]

    def _missing(self, plugin: str, service: str) -> ServiceMissing:
        """Without what else is installed: that is not every plugin's to know."""
        if plugin not in self._plugins():
            return ServiceMissing(plugin, service, "no such plugin is installed")
        offered = self._of(plugin)
        if not offered:
            return ServiceMissing(plugin, service, "it offers none")
        return ServiceMissing(plugin, service, f"it offers {', '.join(offered)}", nearest(service, offered))


def _offer(plugin: str, service: Service, *, release: str = "", core: CoreService | None = None) -> Offer:
    return Offer(plugin, service, Request(service.arguments), Reply(service.reply), release, core)


def _versions(offers: Iterable[Offer]) -> str:
    return ", ".join(f"{offer.name} {offer.service.version}" for offer in offers)
