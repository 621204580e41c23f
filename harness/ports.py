"""Free ports for servers that are started in a moment."""

from __future__ import annotations

import random
import socket

# Below the ports that Linux gives outgoing connections (from 32768): such a one could take a port
# that the system has just given and got back before its server listens.
_PORTS = range(12_000, 32_000)


def free_port() -> int:
    """Return a port of the loopback that nobody listens on now."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """Return ``count`` different ports of the loopback that nobody listens on now."""
    free: list[int] = []
    for port in random.sample(_PORTS, len(_PORTS)):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        free.append(port)
        if len(free) == count:
            return free
    raise OSError("No port of the loopback is free.")
