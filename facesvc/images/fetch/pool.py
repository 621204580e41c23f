"""Idle connections, kept for the next image of the same host at the same checked address."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict

from facesvc.images.fetch.connection import Connection, Endpoint


class ConnectionPool:
    """At most ``max_idle`` connections, each for ``idle_s`` seconds, the oldest out first."""

    def __init__(self, max_idle: int, idle_s: float) -> None:
        self._max_idle = max_idle
        self._idle_s = idle_s
        self._lock = threading.Lock()
        self._idle: OrderedDict[Connection, float] = OrderedDict()
        self._closed = False

    def take(self, endpoint: Endpoint) -> Connection | None:
        """Return a live idle connection to this endpoint, the most recently used first."""
        for stale in self._expired():
            stale.close()
        while True:
            with self._lock:
                found = next((c for c in reversed(self._idle) if c.endpoint == endpoint), None)
                if found is None:
                    return None
                del self._idle[found]
            if found.is_quiet:
                found.reused = True
                return found
            found.close()

    def give(self, connection: Connection) -> None:
        """Keep a connection whose last response was read to its end."""
        surplus = None
        with self._lock:
            self._idle[connection] = time.monotonic() + self._idle_s
            if self._closed or len(self._idle) > self._max_idle:
                surplus, _ = self._idle.popitem(last=False)
        if surplus is not None:
            surplus.close()

    def close(self) -> None:
        """Close every idle connection; those lent out are closed when given back."""
        with self._lock:
            self._closed = True
            idle = list(self._idle)
            self._idle.clear()
        for connection in idle:
            connection.close()

    def _expired(self) -> list[Connection]:
        now = time.monotonic()
        with self._lock:
            expired = [connection for connection, until in self._idle.items() if until <= now]
            for connection in expired:
                del self._idle[connection]
        return expired
