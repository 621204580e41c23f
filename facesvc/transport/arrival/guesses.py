"""Slows those who guess keys, without a thread and without harm to who shares their address."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

_MOST_PEERS = 10_000


@dataclass(frozen=True)
class GuessLimits:
    """A peer's first ``free`` wrong keys in ``window_s`` are answered at once; from then on each
    answer is held for twice as long as the one before, at most for ``most_s``. As many as
    ``a_peer`` and ``held`` answers are held at a time; further ones are not.
    """

    free: int = 5
    first_s: float = 0.1
    most_s: float = 2.0
    window_s: float = 600.0
    a_peer: int = 64
    held: int = 512


@dataclass
class _Peer:
    began: float
    guesses: int = 0


class Guesses:
    """Holds the refusals of keys that nobody has. Thread-safe.

    Only refusals wait, in a heap with one thread for all: who has a key is never held, whatever
    others behind the same address do, and since the answers that are held are few, neither
    threads nor the gateway's connections fill up. A key has 256 random bits, so what is won is
    less noise, not safety.
    """

    def __init__(self, limits: GuessLimits = GuessLimits()) -> None:
        self._limits = limits
        self._peers: OrderedDict[str, _Peer] = OrderedDict()
        self._held: list[tuple[float, int, str, Callable[[], None]]] = []
        self._held_of: Counter[str] = Counter()
        self._numbers = itertools.count()
        self._some = threading.Condition()
        self._open = True
        self._releasing = False

    def hold(self, peer: str, then: Callable[[], None]) -> None:
        """Note a wrong key of the peer's, and call ``then`` when it shall be told: now, or later
        from a thread of its own.
        """
        with self._some:
            delay_s = self._delay_of(peer)
            if self._open and delay_s > 0 and self._has_room(peer):
                due = time.monotonic() + delay_s
                heapq.heappush(self._held, (due, next(self._numbers), peer, then))
                self._held_of[peer] += 1
                if not self._releasing:
                    self._releasing = True
                    threading.Thread(target=self._release, name="guesses", daemon=True).start()
                self._some.notify()
                return
        then()

    def close(self) -> None:
        """Tell all that is held now, and hold nothing from here on."""
        with self._some:
            self._open = False
            self._some.notify()

    def _delay_of(self, peer: str) -> float:
        now = time.monotonic()
        seen = self._peers.pop(peer, _Peer(now))
        if now - seen.began > self._limits.window_s:
            seen = _Peer(now)
        seen.guesses += 1
        self._peers[peer] = seen
        while len(self._peers) > _MOST_PEERS:
            self._peers.popitem(last=False)
        beyond = seen.guesses - self._limits.free
        if beyond <= 0:
            return 0.0
        doublings = min(beyond - 1, 32)
        return float(min(self._limits.most_s, self._limits.first_s * 2**doublings))

    def _has_room(self, peer: str) -> bool:
        return len(self._held) < self._limits.held and self._held_of[peer] < self._limits.a_peer

    def _release(self) -> None:
        while True:
            with self._some:
                while not self._held or (self._open and self._held[0][0] > time.monotonic()):
                    wait_s = self._held[0][0] - time.monotonic() if self._held else None
                    self._some.wait(wait_s)
                _, _, peer, then = heapq.heappop(self._held)
                self._held_of[peer] -= 1
                if not self._held_of[peer]:
                    del self._held_of[peer]
            then()
