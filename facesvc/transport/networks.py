"""Whose an address is, for what is counted by address."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

_SITE_BITS = (
    64  # what one subscriber has of IPv6 at least (RFC 6177): 2^64 addresses to choose from
)


@lru_cache(maxsize=4096)
def network_of(address: str) -> str:
    """Return an IPv4 address as it is, of an IPv6 address its /64; what is no address stays."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return address
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, _SITE_BITS), strict=False))
