"""A web server that takes webhooks, as a receiver's would."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Delivery:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        """The body's event."""
        return dict(json.loads(self.body))


@dataclass
class Receiver:
    """What came, and what is answered: a status each time, 204 when they are used up."""

    url: str = ""
    deliveries: list[Delivery] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    always: int = 204
    news: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, count: int, seconds: float = 20.0) -> list[Delivery]:
        """Return the deliveries once there are so many."""
        with self.news:
            assert self.news.wait_for(lambda: len(self.deliveries) >= count, seconds), (
                f"{len(self.deliveries)} of {count} came"
            )
            return list(self.deliveries)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run one on the loopback interface."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            with receiver.news:
                status, extra = (receiver.always, {})
                if receiver.answers:
                    status, extra = receiver.answers.pop(0)
                receiver.deliveries.append(Delivery(self.path, headers, body))
                receiver.news.notify_all()
            self.send_response(status)
            for name, value in extra.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
