"""Which registry is asked, and how, as traitlets; :mod:`automatosx_nb.config` puts their layers together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from traitlets import Dict, Enum, Float, Int, List, TraitError, Unicode
from traitlets.config import Configurable

from automatosx_nb.model.urls import parse_url
from automatosx_nb.registry.client.addresses import address_of_path, is_mirror_address, parse_mirror_address
from automatosx_nb.registry.client.limits import ClientLimits

_DEFAULT = ClientLimits()
EMBEDDED = "embedded"
_LIMITS = ("connect_s", "read_s", "total_s", "tries", "at_once")


class _Address(Unicode):  # type: ignore[type-arg]
    """Of a registry or a proxy; empty: none."""

    def validate(self, obj: Any, value: Any) -> Any:
        text = super().validate(obj, value)
        if text:
            try:
                self._check(text)
            except ValueError as error:
                raise TraitError(f"the '{self.name or 'mirrors'}' is no address: {error}") from error
        return text

    def _check(self, text: str) -> None:
        """:raises ValueError:"""
        parse_url(text)


class _RegistryAddress(_Address):
    """Of a registry, or of a mirror of one, which may be named by its path; or the word for this computer's."""

    def validate(self, obj: Any, value: Any) -> Any:
        text = super().validate(obj, value)
        return text if text in ("", EMBEDDED) else address_of_path(text)

    def _check(self, text: str) -> None:
        if text == EMBEDDED:
            return
        address = address_of_path(text)
        if is_mirror_address(address):
            parse_mirror_address(address)
        elif "://" not in address:
            raise ValueError(
                f"write https:// or http:// and a host, or '{EMBEDDED}' for this computer's registry, or the path of a "
                "mirror, as in ./mirror or /media/plugins.axbundle"
            )
        else:
            super()._check(address)


class RegistryConnection(Configurable):
    """The registry of another computer. A project's file cannot name one, and what is locked stays as it is."""

    address = _RegistryAddress(
        "",
        help="As in 'https://host/automatosx', 'file:///srv/mirror' or '/srv/mirror'; empty or 'embedded': the one of "
        "this computer.",
    ).tag(config=True)
    expired_mirror = Enum(
        ["tell", "refuse"], "tell", help="What becomes of a mirror that has expired: it is used and told, or not used."
    ).tag(config=True)
    further = List(
        _RegistryAddress(),
        help="Registries that are asked for what no one before them has; 'embedded' is this computer's.",
    ).tag(config=True)
    token_files = Dict(
        value_trait=Unicode(),
        key_trait=_Address(),
        help="The file with the token of each registry but the first, as in {'https://host/automatosx': '/a/file'}.",
    ).tag(config=True)
    mirrors = List(_Address(), help="Addresses with the same artifacts, asked in this order before it is.").tag(
        config=True
    )
    ca_file = Unicode("", help="Certificates (PEM) that are trusted besides the system's.").tag(config=True)
    proxy = Unicode("", help="As in 'http://proxy:3128'; empty: as HTTPS_PROXY and NO_PROXY say.").tag(config=True)
    connect_s = Float(_DEFAULT.connect_s, min=0.1, help="To reach the registry, seconds.").tag(config=True)
    read_s = Float(_DEFAULT.read_s, min=0.1, help="Longest time without a byte, seconds.").tag(config=True)
    total_s = Float(
        _DEFAULT.total_s,
        min=0.1,
        help="For one document, or until an artifact begins, every further try included, seconds.",
    ).tag(config=True)
    tries = Int(_DEFAULT.tries, min=1, max=20, help="Tries within that time.").tag(config=True)
    at_once = Int(_DEFAULT.at_once, min=1, max=32, help="Requests and downloads at a time.").tag(config=True)


@dataclass(frozen=True, slots=True)
class Connection:
    """What configuration says of it."""

    address: str = ""
    """Empty: the embedded registry."""
    further: tuple[str, ...] = ()
    """Those after it, in the order in which they count."""
    token_files: Mapping[str, str] = field(default_factory=dict)
    mirrors: tuple[str, ...] = ()
    """The first one's."""
    ca_file: str = ""
    proxy: str = ""
    limits: ClientLimits = _DEFAULT
    refuse_expired: bool = False


def connection(value: Callable[[str, str], Any]) -> Connection:
    """From ``value(section, setting)``, what the layers come to."""

    def said(name: str) -> Any:
        return value("RegistryConnection", name)

    limits = ClientLimits(**{name: said(name) for name in _LIMITS})
    return Connection(
        address="" if said("address") == EMBEDDED else said("address"),
        further=tuple(said("further")),
        token_files=dict(said("token_files")),
        mirrors=tuple(said("mirrors")),
        ca_file=said("ca_file"),
        proxy=said("proxy"),
        limits=limits,
        refuse_expired=said("expired_mirror") == "refuse",
    )
