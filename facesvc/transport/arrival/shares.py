"""Slots that many clients share so that none can take them all."""

from __future__ import annotations

import threading
from collections import Counter

from facesvc.application.call import Client


class Shares:
    """A number of slots, three in four of which a client may hold of those that others leave, and
    a connection of those that its client's others leave: somebody new finds one. Thread-safe.
    """

    def __init__(self, slots: int) -> None:
        self._lock = threading.Lock()
        self._free = slots
        self._clients: Counter[str] = Counter()
        self._connections: Counter[tuple[str, str]] = Counter()

    @property
    def held(self) -> int:
        """How many slots are taken."""
        return self._clients.total()

    def acquire(self, client: Client) -> bool:
        """Take a slot; return False when there is none for this client."""
        connection = (client.name, client.connection)
        with self._lock:
            held, here = self._clients[client.name], self._connections[connection]
            most = _share(held + self._free)
            most_here = _share(most - (held - here))
            if self._free == 0 or held >= most or here >= most_here:
                return False
            self._free -= 1
            self._clients[client.name] += 1
            self._connections[connection] += 1
            return True

    def release(self, client: Client) -> None:
        """Give the slot back."""
        connection = (client.name, client.connection)
        with self._lock:
            self._free += 1
            self._clients[client.name] -= 1
            self._connections[connection] -= 1
            if not self._clients[client.name]:
                del self._clients[client.name]
            if not self._connections[connection]:
                del self._connections[connection]


def _share(slots: int) -> int:
    return max(1, -(-3 * slots // 4))
