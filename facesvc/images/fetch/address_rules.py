"""Which addresses are public: everything else is refused.

IPv4 is judged by a deny-list on top of IANA's registry, IPv6 by an allow-list, because its many
ways of embedding an IPv4 address (mapped, compatible, NAT64, 6to4, Teredo, ISATAP) lead back
inside.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

# On top of IPv4Address.is_global, which follows IANA's special-purpose registry.
_DENIED_V4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network; Linux connects 0.0.0.0 to itself
        "100.64.0.0/10",  # carrier-grade NAT, and a cloud's metadata at 100.100.100.200
        "168.63.129.16/32",  # Azure's platform address, otherwise in public space
        "192.0.0.0/24",  # IETF protocol assignments, some of which is_global admits
        "192.31.196.0/24",  # AS112 redirection
        "192.52.193.0/24",  # automatic multicast tunnelling
        "192.88.99.0/24",  # 6to4 relays
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks of networks
        "224.0.0.0/3",  # multicast, reserved, broadcast
    )
)
_GLOBAL_UNICAST_V6 = IPv6Network("2000::/3")
_DENIED_V6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # IETF protocol assignments: Teredo, ORCHID, benchmarks
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: any IPv4 address inside
        "3ffe::/16",  # the 6bone of old
        "3fff::/20",  # documentation, RFC 9637
    )
)
# RFC 5214: the interface identifier that embeds an IPv4 address, either u/l bit.
_ISATAP = (0x0000_5EFE, 0x0200_5EFE)


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Tell whether strangers may send the service to this address."""
    if isinstance(address, IPv4Address):
        return address.is_global and not any(address in network for network in _DENIED_V4)
    if address not in _GLOBAL_UNICAST_V6 or any(address in network for network in _DENIED_V6):
        return False
    return (int(address) >> 32) & 0xFFFF_FFFF not in _ISATAP
