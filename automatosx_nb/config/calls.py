"""Limits of what the host does for plugins, as traitlets; :mod:`automatosx_nb.config` puts their layers together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from traitlets import Float, Int
from traitlets.config import Configurable

from automatosx_nb.host.metering import RATES, Rate
from automatosx_nb.host.web.limits import HttpLimits as Http

if TYPE_CHECKING:
    from collections.abc import Mapping

_DEFAULT = Http()
_WIRE_MB = 15
"""What crosses to a worker at once has at most 16 MiB."""


class HttpLimits(Configurable):
    """What one request of a plugin may take."""

    connect_s = Float(_DEFAULT.connect_s, min=0.1, help="To reach a host, seconds.").tag(config=True)
    total_s = Float(
        _DEFAULT.total_s, min=0.1, help="From a call to the last byte of its answer, redirects included, seconds."
    ).tag(config=True)
    request_mb = Int(_DEFAULT.request_mb, min=1, max=_WIRE_MB, help="Body of a request, MiB.").tag(config=True)
    received_mb = Int(_DEFAULT.received_mb, min=1, help="Body of an answer as it comes, MiB.").tag(config=True)
    decoded_mb = Int(_DEFAULT.decoded_mb, min=1, max=_WIRE_MB, help="The same once it is decompressed, MiB.").tag(
        config=True
    )
    header_kb = Int(_DEFAULT.header_kb, min=1, max=100, help="All headers of a request, KiB.").tag(config=True)
    headers = Int(_DEFAULT.headers, min=1, max=1000, help="Headers of a request.").tag(config=True)
    redirects = Int(_DEFAULT.redirects, min=0, max=20, help="Redirects that are followed.").tag(config=True)
    addresses = Int(_DEFAULT.addresses, min=1, max=16, help="Addresses of a host that are tried.").tag(config=True)


def _rate(capability: str) -> tuple[Any, Any]:
    rate = RATES[capability]
    per_s = Float(rate.per_s, min=0.01, help=f"Calls of {capability} a second, in the long run.")
    return per_s.tag(config=True), Int(rate.burst, min=1, help=f"Calls of {capability} at once.").tag(config=True)


class CallRates(Configurable):
    """How often one plugin may ask the host."""

    storage_per_s, storage_burst = _rate("storage")
    settings_per_s, settings_burst = _rate("settings")
    files_per_s, files_burst = _rate("files")
    http_per_s, http_burst = _rate("http")
    secrets_per_s, secrets_burst = _rate("secrets")
    permissions_per_s, permissions_burst = _rate("permissions")
    services_per_s, services_burst = _rate("services")


@dataclass(frozen=True, slots=True)
class CallLimits:
    """What configuration says of them."""

    http: Http = _DEFAULT
    rates: Mapping[str, Rate] = field(default_factory=lambda: RATES)


def call_limits(value: Callable[[str, str], Any]) -> CallLimits:
    """From ``value(section, setting)``, what the layers come to."""
    http = {each.name: value("HttpLimits", each.name) for each in fields(Http)}
    rates = {name: Rate(value("CallRates", f"{name}_per_s"), value("CallRates", f"{name}_burst")) for name in RATES}
    return CallLimits(Http(**http), rates)
