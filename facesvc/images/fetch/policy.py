"""What may be fetched: public addresses on the web's ports, and what the operator named."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from facesvc.images.fetch.address_rules import is_public
from facesvc.images.fetch.url import Address, WebUrl, refusal

# One way of writing each kind: [v6], [v6]:port, [v6]/bits; or v4, host, with :port or /bits.
_ENTRY = re.compile(
    r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<plain>[^\[\]/:]+))"
    r"(?:/(?P<bits>[0-9]{1,3})|:(?P<port>[1-9][0-9]{0,4}))?"
)
_BARE_V6 = re.compile(r"(?P<v6>[0-9A-Fa-f]*:[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*)(?P<tail>(?:/[0-9]+)?)")
_HOST = re.compile(r"(?!-)[A-Za-z0-9_.-]{1,253}(?<![.-])")


@dataclass(frozen=True)
class AllowList:
    """Hosts and networks inside, each with the one port it is limited to or None for every.

    A named host may resolve to any address: whoever names it trusts its DNS.
    """

    hosts: tuple[tuple[str, int | None], ...] = ()
    networks: tuple[tuple[IPv4Network | IPv6Network, int | None], ...] = ()

    @classmethod
    def parse(cls, text: str) -> AllowList:
        """Read IMAGE_URL_ALLOW: comma-separated ``host``, ``host:port``, address, ``address:port``
        or network; IPv6 with a port in brackets. Raises ValueError that names the bad entry.
        """
        hosts, networks = [], []
        for entry in filter(None, (part.strip() for part in text.split(","))):
            name, network, port = _parse_entry(entry)
            if network is None:
                hosts.append((name, port))
            else:
                networks.append((network, port))
        return cls(tuple(hosts), tuple(networks))

    def names(self, host: str, port: int) -> bool:
        """Tell whether the operator named this host on this port."""
        return any(host == name and allowed in (None, port) for name, allowed in self.hosts)

    def holds(self, address: Address, port: int) -> bool:
        """Tell whether the operator named a network that holds this address, on this port."""
        return any(address in net and allowed in (None, port) for net, allowed in self.networks)

    def could_hold(self, port: int) -> bool:
        """Tell whether any network is open on this port, so that a lookup is worth it."""
        return any(allowed in (None, port) for _, allowed in self.networks)


def _parse_entry(entry: str) -> tuple[str, IPv4Network | IPv6Network | None, int | None]:
    bare = _BARE_V6.fullmatch(entry)
    parts = _ENTRY.fullmatch(f"[{bare['v6']}]{bare['tail']}" if bare else entry)
    if parts is None:
        raise ValueError(f"{entry!r} is no host, host:port, address or network")
    literal, port = parts["v6"] or parts["plain"], int(parts["port"]) if parts["port"] else None
    if port is not None and port > 0xFFFF:
        raise ValueError(f"{entry!r} has a port above 65535")
    try:
        ip_address(literal)
    except ValueError:
        last = literal.rpartition(".")[2]
        if parts["v6"] or parts["bits"] or last.isdigit() or not _HOST.fullmatch(literal):
            raise ValueError(f"{entry!r} holds no valid host or address") from None
        return literal.lower(), None, port
    try:
        return "", ip_network(f"{literal}/{parts['bits']}" if parts["bits"] else literal), port
    except ValueError as error:
        raise ValueError(f"{entry!r} is no network: {error}") from None


@dataclass(frozen=True)
class Policy:
    """The rules on hosts, ports and addresses. Every method raises ImageUrlRefusedError."""

    ports: tuple[int, ...]
    allow: AllowList

    def check_before_lookup(self, url: WebUrl) -> None:
        """Refuse a port on which nothing is allowed, so that no name is looked up for it."""
        if url.port in self.ports or self.allow.names(url.host, url.port):
            return
        if not self.allow.could_hold(url.port):
            raise self._port_refused()

    def check_addresses(self, url: WebUrl, addresses: Sequence[Address]) -> None:
        """Refuse when any answer is an address that may not be reached: a name that mixes
        public and inner addresses is an attack or a mistake.
        """
        if self.allow.names(url.host, url.port):
            return
        for address in addresses:
            if self.allow.holds(address, url.port):
                continue
            if not is_public(address):
                raise refusal("address", "The URL leads to an address that is not public.")
            if url.port not in self.ports:
                raise self._port_refused()

    def _port_refused(self) -> Exception:
        return refusal(
            "port", f"Only the ports {', '.join(map(str, self.ports))} are fetched from."
        )
