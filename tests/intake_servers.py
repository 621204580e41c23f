"""Web servers on loopback that behave exactly as badly as a test asks."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

Behaviour = Callable[[socket.socket, bytes], None]


@dataclass
class ScriptedServer:
    """A TCP server that hands each request to ``behaviour`` until that closes the socket."""

    behaviour: Behaviour
    tls: ssl.SSLContext | None = None
    host: str = "127.0.0.1"
    port: int = 0
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)
    connected: threading.Event = field(default_factory=threading.Event)
    asked: threading.Event = field(default_factory=threading.Event)
    hung_up: threading.Event = field(default_factory=threading.Event)
    stopped: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> ScriptedServer:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        self._listener = socket.create_server((self.host, self.port), family=family, backlog=64)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    @property
    def authority(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def url(self, path: str = "/") -> str:
        return f"{'https' if self.tls else 'http'}://{self.authority}{path}"

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self.connected.set()
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            client.settimeout(30)
            if self.tls is not None:
                client = self.tls.wrap_socket(client, server_side=True)
            received = b""
            while True:
                while b"\r\n\r\n" not in received:
                    piece = client.recv(65536)
                    if not piece:
                        return
                    received += piece
                request, _, received = received.partition(b"\r\n\r\n")
                self.requests.append(request)
                self.asked.set()
                self.behaviour(client, request)
        except OSError:
            pass
        finally:
            self.hung_up.set()
            with suppress(OSError):
                client.close()


def answer(body: bytes, *headers: str, status: str = "200 OK") -> Behaviour:
    """Answer every request well, and keep the connection."""

    def behave(client: socket.socket, _: bytes) -> None:
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
        client.sendall("\r\n".join(lines).encode() + body)

    return behave


def raw(response: bytes) -> Behaviour:
    """Send these very bytes and hang up."""

    def behave(client: socket.socket, _: bytes) -> None:
        client.sendall(response)
        client.shutdown(socket.SHUT_RDWR)

    return behave


def redirect(location: str, status: str = "302 Found") -> Behaviour:
    """Send everyone elsewhere."""
    return answer(b"", f"Location: {location}", status=status)


def drip(head: bytes, piece: bytes, pause_s: float, stop: threading.Event) -> Behaviour:
    """Send ``head``, then ``piece`` again and again, until the client or the test has enough."""

    def behave(client: socket.socket, _: bytes) -> None:
        client.sendall(head)
        while not stop.wait(pause_s):
            client.sendall(piece)
        client.shutdown(socket.SHUT_RDWR)

    return behave


def hang(client: socket.socket, _: bytes) -> None:
    """Answer nothing until the client goes away."""
    client.recv(1)
    raise ConnectionResetError


@contextmanager
def serving(behaviour: Behaviour, **options: object) -> Iterator[ScriptedServer]:
    """Run a server for the length of a test."""
    with ScriptedServer(behaviour, **options) as server:  # type: ignore[arg-type]
        yield server
