"""The bounds of a fetch."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True)
class FetchLimits:
    """How much, how long and how many.

    ``max_bytes`` bounds the body whatever its Content-Length says. ``timeout_s`` bounds the
    whole fetch: lookup, connections, redirects and body together. ``ports`` are those allowed
    on public addresses. ``max_concurrent`` fetches run at once; others wait at most
    ``timeout_s`` for their turn. ``connect_timeout_s`` bounds one address while others of the
    same name are left to try, of which ``max_addresses`` are. ``max_idle`` connections are kept
    open for ``idle_s`` seconds. ``max_lookups`` bounds the threads inside the system's resolver,
    abandoned ones included.
    """

    max_bytes: int = 10 * MIB
    timeout_s: float = 5.0
    max_redirects: int = 3
    ports: tuple[int, ...] = (80, 443)
    max_concurrent: int = 32
    connect_timeout_s: float = 2.0
    max_addresses: int = 4
    max_idle: int = 32
    idle_s: float = 15.0  # below the 60 s and more after which web servers commonly hang up
    # The most fetches at once (32) whose names never resolve, each abandoned after timeout_s (5 s)
    # while glibc tries on for 30 s (3 servers x 2 attempts x 5 s), leaves 192 threads behind.
    max_lookups: int = 256
