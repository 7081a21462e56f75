"""A host's addresses: resolved once, checked, and then connected to as they are, so that no later answer counts."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence

from automatosx_nb.errors import HttpFailed, HttpRefused
from automatosx_nb.model.addresses import Reach, reach_of
from automatosx_nb.model.permissions.network import LOCALHOST
from automatosx_nb.model.urls import address_of

Resolver = Callable[[str, int], Sequence[str]]
"""(host, port) → IP addresses, the best first. Raises OSError."""

_LOOPBACK = ("127.0.0.1", "::1")


def resolve(host: str, port: int) -> Sequence[str]:
    """The system's."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def checked_addresses(host: str, port: int, resolver: Resolver) -> Sequence[str]:
    """Where to connect for a normal host.

    A name leads to the internet or nowhere: one answer that does not is enough to refuse it. What is this computer's
    or a private network's is reached as it is written, as ``localhost`` or an address, which is what was granted.

    :raises HttpRefused:
    :raises HttpFailed: it has no address.
    """
    written = address_of(host)
    if written is not None:
        if reach_of(written) is Reach.NEVER:
            raise HttpRefused(host, f"no plugin is let to such an address ({Reach.NEVER.value})")
        return (host,)
    if host == LOCALHOST:
        return _LOOPBACK
    try:
        found = list(dict.fromkeys(resolver(host, port)))
        reaches = {address: reach_of(ipaddress.ip_address(address)) for address in found}
    except (OSError, ValueError) as error:
        raise HttpFailed(host, "it has no address") from error
    for address, reach in reaches.items():
        if reach is not Reach.PUBLIC:
            meant = f": ask for network:{address} where it is meant" if reach is Reach.OWN else ""
            raise HttpRefused(host, f"its name leads to {address}, which is {reach.value}{meant}")
    if not found:
        raise HttpFailed(host, "it has no address")
    return found
