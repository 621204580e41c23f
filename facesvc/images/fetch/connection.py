"""A connection to exactly the address that was checked."""

from __future__ import annotations

import select
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address

from facesvc.application.call import Call
from facesvc.images.fetch.fetch_budget import FetchBudget
from facesvc.images.fetch.url import Address


@dataclass(frozen=True)
class Endpoint:
    """What a connection is to, and therefore what it may be used for again."""

    scheme: str
    host: str
    port: int
    address: Address


class PeerMismatchError(OSError):
    """The socket's peer is not the address that was checked."""


class Connection:
    """One socket, lent to one call at a time.

    A cancelled call shuts the socket down from another thread. The lock makes sure that this
    reaches the socket only while the connection is lent to that very call.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.reused = False
        family = socket.AF_INET if isinstance(endpoint.address, IPv4Address) else socket.AF_INET6
        self._socket: socket.socket = socket.socket(family, socket.SOCK_STREAM)
        self._lock = threading.Lock()
        self._borrower: Call | None = None
        self._closed = False

    @contextmanager
    def bound_to(self, call: Call) -> Iterator[None]:
        """Let the end of the call interrupt whatever the connection is doing."""
        with self._lock:
            self._borrower = call
        forget = call.on_end(lambda: self._interrupt(call))
        try:
            yield
        finally:
            forget()
            with self._lock:
                self._borrower = None

    def _interrupt(self, call: Call) -> None:
        with self._lock:
            if self._borrower is call and not self._closed:
                # The plain socket's method: SSLSocket's would pull the TLS state from under the
                # thread that is reading.
                with suppress(OSError):
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def open(self, budget: FetchBudget, connect_timeout_s: float, tls: ssl.SSLContext) -> None:
        """Connect and, for https, verify the certificate against the host name.

        Raises OSError (ssl.SSLError and TimeoutError are such), CallEndedError.
        """
        self._socket.settimeout(budget.remaining_s(connect_timeout_s))
        self._socket.connect((str(self.endpoint.address), self.endpoint.port))
        peer = ip_address(self._socket.getpeername()[0])
        if peer != self.endpoint.address:
            raise PeerMismatchError("connected to another address than the checked one")
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.endpoint.scheme == "https":
            self._socket.settimeout(budget.remaining_s())
            wrapped = tls.wrap_socket(
                self._socket, server_hostname=self.endpoint.host, do_handshake_on_connect=False
            )
            with self._lock:
                self._socket = wrapped
            wrapped.do_handshake()

    def send(self, request: bytes, budget: FetchBudget) -> None:
        """Send a request whole. Raises OSError, CallEndedError."""
        self._socket.settimeout(budget.remaining_s())
        self._socket.sendall(request)

    def receive(self, at_most: int, budget: FetchBudget) -> bytes:
        """Return what has arrived, b"" once the server has hung up. Raises OSError, CallEndedError.

        Each read has what is left of the whole: a timeout of its own, as sockets have it, would
        let a server hold a fetch for ever with a byte now and then.
        """
        self._socket.settimeout(budget.remaining_s())
        data = self._socket.recv(at_most)
        if not data:
            budget.call.check()  # whose end shuts the socket down, and is no end of a body
        return data

    @property
    def is_quiet(self) -> bool:
        """True while the server has neither hung up nor sent what nobody asked for."""
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return not poll.poll(0)

    def close(self) -> None:
        """Close the socket; harmless when closed."""
        with self._lock:
            self._closed = True
            self._socket.close()
