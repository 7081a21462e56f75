"""A registry that is a server of its own, as traitlets; :mod:`automatosx_nb.config` puts their layers together."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from traitlets import Bool, Float, Int, List, TraitError, Unicode
from traitlets.config import Configurable

from automatosx_nb.errors import InvalidConfiguration
from automatosx_nb.host.metering import Rate


class _Network(Unicode):  # type: ignore[type-arg]
    """An address, or a network of them."""

    def validate(self, obj: Any, value: Any) -> Any:
        text = super().validate(obj, value)
        try:
            ipaddress.ip_network(text)
        except ValueError as error:
            raise TraitError(f"'trusted_proxies' has {text!r}, which is no address and no network: {error}") from error
        return text


class RegistryServer(Configurable):
    """What ``jupyter automatosx serve`` serves, to whom, and how much. What is typed with the verb comes first."""

    db = Unicode("", help="URL of the database, as in 'postgresql+psycopg://host/registry'; empty: this user's.").tag(
        config=True
    )
    blobs = Unicode(
        "", help="URL of the artifacts' store, as in 's3://bucket/prefix'; empty: beside the database."
    ).tag(config=True)
    address = Unicode("127.0.0.1", help="Where it listens; empty: everywhere.").tag(config=True)
    port = Int(8899, min=0, max=65535, help="0: any that is free.").tag(config=True)
    base_url = Unicode("/", help="What stands before /automatosx/ in every path.").tag(config=True)
    certfile = Unicode("", help="Certificate and its chain (PEM), where no proxy in front speaks TLS.").tag(config=True)
    keyfile = Unicode("", help="The certificate's private key (PEM); empty: in the same file.").tag(config=True)
    public_read = Bool(False, help="Anybody may read, without a token or a login.").tag(config=True)
    bundled = Bool(False, help="Publish the plugins that come with automatosx_nb into it.").tag(config=True)
    identity_provider_class = Unicode(
        "jupyter_server.auth.PasswordIdentityProvider",
        help="Who somebody is: as ServerApp.identity_provider_class of a Jupyter server.",
    ).tag(config=True)
    authorizer_class = Unicode(
        "jupyter_server.auth.AllowAllAuthorizer",
        help="What somebody may ask at all: as ServerApp.authorizer_class of a Jupyter server.",
    ).tag(config=True)
    admins = List(Unicode(), help="Names of users who administer it, whatever roles it has itself.").tag(config=True)
    cookie_secret_file = Unicode(
        "", help="The key of login cookies, the same on every node; empty: one that ends with the process."
    ).tag(config=True)
    trusted_proxies = List(
        _Network(), help="Addresses whose X-Forwarded-For and X-Forwarded-Proto are believed, as in ['10.0.0.0/8']."
    ).tag(config=True)
    address_per_s = Float(200.0, min=0, help="Requests of one address a second, in the long run; 0: no limit.").tag(
        config=True
    )
    address_burst = Int(2000, min=1, help="Requests of one address at once.").tag(config=True)
    token_per_s = Float(100.0, min=0, help="Requests with one token a second, in the long run; 0: no limit.").tag(
        config=True
    )
    token_burst = Int(1000, min=1, help="Requests with one token at once.").tag(config=True)
    body_mb = Int(64, min=1, help="The largest body of a request that any path takes, MiB.").tag(config=True)
    body_s = Float(120.0, min=0.1, help="Longest time to send a body, seconds.").tag(config=True)
    idle_s = Float(60.0, min=0.1, help="Longest time without a request, or to send its head, seconds.").tag(config=True)
    answer_s = Float(60.0, min=0.1, help="Longest that an answer may wait for the registry, seconds.").tag(config=True)
    waiting = Int(512, min=1, help="Requests that wait for the registry; further ones are told to come back.").tag(
        config=True
    )
    search_processes = Int(
        0, min=0, help="Processes that do nothing but search, each with its own index; 0: the server searches itself."
    ).tag(config=True)
    plan_s = Float(5.0, min=0.1, help="Longest search for versions that go together, seconds.").tag(config=True)
    shutdown_s = Float(30.0, min=0, help="So long it finishes what was asked when it is told to end, seconds.").tag(
        config=True
    )


@dataclass(frozen=True, slots=True)
class Serving:
    """What configuration says of it: the traits of :class:`RegistryServer`, checked."""

    db: str
    blobs: str
    address: str
    port: int
    base_url: str
    certfile: str
    keyfile: str
    public_read: bool
    bundled: bool
    identity_provider_class: str
    authorizer_class: str
    admins: tuple[str, ...]
    cookie_secret_file: str
    trusted_proxies: tuple[str, ...]
    per_address: Rate
    """``per_s`` of 0: no limit; so is that of ``per_token``."""
    per_token: Rate
    body_mb: int
    body_s: float
    idle_s: float
    answer_s: float
    waiting: int
    search_processes: int
    plan_s: float
    shutdown_s: float


def serving(value: Callable[[str, str], Any]) -> Serving:
    """From ``value(section, setting)``, what the layers come to."""

    def said(name: str) -> Any:
        return value(RegistryServer.__name__, name)

    plain = {each.name: said(each.name) for each in fields(Serving) if not each.name.startswith("per_")}
    plain |= {name: tuple(plain[name]) for name in ("admins", "trusted_proxies")}
    plain["base_url"] = rooted(plain["base_url"])
    return Serving(
        **plain,
        per_address=Rate(said("address_per_s"), said("address_burst")),
        per_token=Rate(said("token_per_s"), said("token_burst")),
    )


def unconfigured() -> Serving:
    """Where no layer says anything."""
    traits = RegistryServer()
    return serving(lambda _section, setting: getattr(traits, setting))


def rooted(path: str) -> str:
    """``path`` with one slash before and behind it."""
    return f"/{path.strip('/')}/".replace("//", "/")


def database_of(serving: Serving, home: Path) -> str:
    """The URL of its database; ``home`` is where everything of this user lies.

    :raises InvalidConfiguration: it is no URL; a path of a file is told as one.
    """
    database = serving.db or f"sqlite:///{home / 'registry' / 'registry.sqlite'}"
    if "://" not in database:
        meant = f"sqlite:///{Path(database).expanduser().absolute()}"
        raise InvalidConfiguration(
            "c.RegistryServer.db", f"{database!r} is no URL; that of a file of SQLite's is {meant}"
        )
    return database


def artifacts_of(serving: Serving, home: Path) -> str:
    """The URL of its store, which is beside a database that is a file, unless one is named.

    :raises InvalidConfiguration: none is named, and the database is elsewhere.
    """
    if serving.blobs:
        return serving.blobs
    database = database_of(serving, home)
    scheme, _, path = database.partition(":///")
    if scheme != "sqlite":
        reason = "artifacts need a store that every node reaches, as in 's3://bucket/prefix'"
        raise InvalidConfiguration("c.RegistryServer.blobs", reason)
    return (Path(path).absolute().parent / "blobs").as_uri()
