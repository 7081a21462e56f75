"""Which IP addresses the internet is, which are somebody's own, and which nobody is to reach through the host."""

from __future__ import annotations

import ipaddress
from enum import StrEnum

from automatosx_nb.model.urls import IPAddress

_METADATA = frozenset(map(ipaddress.ip_address, ("169.254.169.254", "fd00:ec2::254", "100.100.100.200")))
"""Where clouds hand out the credentials of a machine."""
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class Reach(StrEnum):
    PUBLIC = "public"
    OWN = "loopback or private"
    """This computer, or the network that it is in: reached only where it is granted as it is written."""
    NEVER = "link-local, multicast, metadata or reserved"


def reach_of(address: IPAddress) -> Reach:
    """An IPv6 address that carries an IPv4 address (RFC 4291, 6to4, NAT64, Teredo) reaches no further than that."""
    carried = _carried(address)
    if carried is not None:
        reach = reach_of(carried)
        return Reach.PUBLIC if reach is Reach.PUBLIC else Reach.NEVER
    if address in _METADATA or address.is_link_local or address.is_multicast or address.is_unspecified:
        return Reach.NEVER
    if address.is_loopback:
        return Reach.OWN
    if address.is_global:
        return Reach.PUBLIC
    return Reach.NEVER if address.is_reserved else Reach.OWN


def _carried(address: IPAddress) -> IPAddress | None:
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address.teredo is not None:
        return address.teredo[1]
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour
