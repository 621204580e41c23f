"""Who calls: a key's holder, else an address, and over which connection."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from urllib.parse import unquote

from facesvc.application.call import Client
from facesvc.domain.access import Caller
from facesvc.transport.arrival.certificates import FORWARDED_HEADER, forwarded_names, names_of

# What the gateway says of whom it calls for. Believed only beside the secret that the service and
# its gateway share: anybody may send a header.
GATEWAY_HEADER, PEER_HEADER = "x-facesvc-gateway", "x-facesvc-peer"

current_holder: ContextVar[Caller | None] = ContextVar("holder", default=None)

# Decides whose call it is, in the call's context, from the names in the caller's certificate.
Decide = Callable[[tuple[str, ...]], None]
on_arrival: ContextVar[Decide | None] = ContextVar("on_arrival", default=None)


class Clients:
    """Tells clients apart; ``gateway_secret`` is "" where no gateway is believed."""

    def __init__(self, gateway_secret: str = "") -> None:
        self._secret = gateway_secret.encode()

    def client_of(self, peer: str, metadata: Iterable[tuple[str, object]]) -> Client:
        """Return the caller by its address; ``peer`` as gRPC spells it."""
        headers = {name: value for name, value in metadata if isinstance(value, str)}
        if self._secret and PEER_HEADER in headers and self._is_gateways(headers):
            return _by_address(headers[PEER_HEADER])
        return _by_address(peer.partition(":")[2] or peer)

    def certificate_of(
        self, auth_context: Mapping[str, Iterable[bytes]], metadata: Iterable[tuple[str, object]]
    ) -> tuple[str, ...]:
        """Return the names in the caller's certificate; behind the gateway, of that shown to it."""
        headers = {name: value for name, value in metadata if isinstance(value, str)}
        if self._secret and FORWARDED_HEADER in headers and self._is_gateways(headers):
            return forwarded_names(headers[FORWARDED_HEADER])
        return names_of(auth_context)

    def _is_gateways(self, headers: Mapping[str, str]) -> bool:
        return hmac.compare_digest(headers.get(GATEWAY_HEADER, "").encode(), self._secret)


def with_key(client: Client, holder: Caller | None) -> Client:
    """Return the client by the key that it has, if any."""
    if holder is None:
        return client
    return Client(f"key {holder.name}", f"{client.name} {client.connection}")


def _by_address(address: str) -> Client:
    host, _, port = unquote(address).rpartition(":")
    return Client(host.strip("[]") or address, port)
