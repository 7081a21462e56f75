"""``network:<host>[:port][/path][:METHOD,…]``: requests to one host, or to the names below one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from automatosx_nb.model.addresses import Reach, reach_of
from automatosx_nb.model.permissions.kind import PermissionKind, Risk
from automatosx_nb.model.urls import HTTPS_PORT, Target, address_of, check_port, parse_host, parse_path, segments_of

METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
READING = frozenset(("GET", "HEAD"))
"""What is allowed where no method is named."""
LOCALHOST = "localhost"
_SCOPE = re.compile(
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|(?:\*\.)?[^\s/:\[\]@*?#%\\]+)(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>/[^\s:?#\\]*)?(?::(?P<methods>[A-Z]+(?:,[A-Z]+)*))?"
)


@dataclass(frozen=True, slots=True)
class Network:
    """A scope, taken apart. ``host`` is what follows ``*.`` where ``below``."""

    host: str
    below: bool
    port: int
    path: tuple[str, ...]
    methods: frozenset[str]

    @classmethod
    def parse(cls, scope: str) -> Network:
        """:raises ValueError: with the reason."""
        found = _SCOPE.fullmatch(scope)
        if found is None:
            raise ValueError(f"the scope of 'network' is {KIND.scope_hint}")
        below = found["host"].startswith("*.")
        methods = frozenset((found["methods"] or "GET,HEAD").split(","))
        if unknown := methods - set(METHODS):
            raise ValueError(f"there is no method {', '.join(sorted(unknown))}: there are {', '.join(METHODS)}")
        host = parse_host(found["host"].removeprefix("*."))
        _check_host(host, below)
        path = segments_of(parse_path(found["path"] or "/").replace(":", "%3A"))
        return cls(host, below, check_port(int(found["port"] or HTTPS_PORT)), path, methods)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        methods = "" if self.methods == READING else ":" + ",".join(sorted(self.methods))
        port = "" if self.port == HTTPS_PORT else f":{self.port}"
        return f"{'*.' if self.below else ''}{host}{port}{''.join(f'/{each}' for each in self.path)}{methods}"

    def covers(self, other: Network) -> bool:
        return (
            (self._covers_host(other) and self.port == other.port and self.methods >= other.methods)
            and self.path == other.path[: len(self.path)]
        )  # fmt: skip

    def _covers_host(self, other: Network) -> bool:
        if not self.below:
            return not other.below and self.host == other.host
        return other.host.endswith(f".{self.host}") or (other.below and self.host == other.host)


def request_scope(method: str, target: Target) -> str:
    """What a request needs, as a normal scope."""
    path = segments_of(target.path.replace(":", "%3A"))
    return str(Network(target.host, False, target.port, path, frozenset((method,))))


def is_own(host: str) -> bool:
    """Whether a normal host is this computer, or an address in a private network, by the way it is written."""
    address = address_of(host)
    return host == LOCALHOST if address is None else reach_of(address) is Reach.OWN


def _check_host(host: str, below: bool) -> None:
    address = address_of(host)
    if below and (address is not None or "." not in host):
        raise ValueError("'*.' stands before a name of two parts at least, as in *.example.org")
    if address is not None and reach_of(address) is Reach.NEVER:
        raise ValueError(f"{host} is an address ({Reach.NEVER.value}) that no plugin is let to")


_parsed = lru_cache(maxsize=512)(Network.parse)


def _normal(scope: str) -> str:
    return str(_parsed(scope))


def _risk(scope: str) -> Risk:
    found = _parsed(scope)
    return Risk.HIGH if found.below or found.methods - READING or is_own(found.host) else Risk.MEDIUM


def _shown(scope: str) -> str:
    found = _parsed(scope)
    where = str(Network(found.host, False, found.port, found.path, READING))
    where = f"every host below {where}" if found.below else where
    where += ", which is this computer or a network of yours," if is_own(found.host) else ""
    return f"{where} ({', '.join(sorted(found.methods))})"


KIND = PermissionKind(
    "network",
    Risk.MEDIUM,
    "Send requests to {scope}: it can fetch from there, and what it was handed can go there.",
    re.compile(re.sub(r"\?P<\w+>", "?:", _SCOPE.pattern)),
    "<host>[:port][/path][:METHOD,…], as in api.example.org/v1:GET,POST",
    covers=lambda granted, asked: _parsed(granted).covers(_parsed(asked)),
    normal=_normal,
    risk_of=_risk,
    shown=_shown,
)
