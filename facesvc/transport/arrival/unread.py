"""Unary calls whose message is still on its way: bounded in number, time and memory."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from facesvc.application.call import Client
from facesvc.domain.errors import CallEndedError, FaceError, OverloadedError

MIB = 2**20
TICK_S = 0.02
# A message that takes longer may be one that is meant to: it does not go into what is normal.
_SUSPECT_AFTER_S = 0.25
# Neither do messages of so many calls: others that are on their way are few at a time.
_SUSPECT_CALLS = 48

# Ends a call that waits for its message, with the error that its caller gets.
End = Callable[[FaceError], None]


@dataclass(frozen=True)
class UnreadLimits:
    """``calls`` may wait at a time, each for ``seconds``, all with ``memory_bytes`` together."""

    calls: int = 256
    seconds: float = 30.0
    memory_bytes: int = 96 * MIB


class UnreadCalls:
    """The calls that wait. Where one more would be too many, or their messages take too much
    memory, those go that wait longest, of the client and its connection that has the most: a
    caller beside an attacker, whose message arrives in no time, is none of them. Nor, for memory,
    is the only call of a connection that has just begun. Thread-safe.

    ``allocated_bytes`` tells how much memory the process uses, None where nobody can tell.
    """

    def __init__(self, limits: UnreadLimits, allocated_bytes: Callable[[], int | None]) -> None:
        self._limits = limits
        self._allocated_bytes = allocated_bytes
        self._normal_bytes = allocated_bytes() or 0
        self._lock = threading.Lock()
        self._some = threading.Condition(self._lock)
        self._since: OrderedDict[object, float] = OrderedDict()  # oldest first
        self._ends: dict[object, tuple[Client, End]] = {}
        self._watching = False

    def __len__(self) -> int:
        return len(self._since)

    def add(self, call: object, client: Client, end: End) -> None:
        """Watch the call until ``remove``; ``end`` is called in a thread of somebody else's."""
        with self._lock:
            self._since[call] = time.monotonic()
            self._ends[call] = (client, end)
            ended = self._take(1) if len(self._since) > self._limits.calls else []
            if not self._watching:
                self._watching = True
                threading.Thread(target=self._watch, name="unread", daemon=True).start()
            elif len(self._since) == 1:
                self._some.notify()
        _end(ended, _too_many())

    def remove(self, call: object) -> bool:
        """Forget the call, whose message is here; return False when it has been ended."""
        with self._lock:
            return self._forget(call) is not None

    def _watch(self) -> None:
        while True:
            with self._lock:
                while not self._since:
                    self._some.wait()
                    self._normal_bytes = self._allocated_bytes() or 0
            time.sleep(TICK_S)
            if self._since:
                self.look()

    def look(self) -> None:
        """End what has waited too long and, when memory is short, as many as hold half of it."""
        now, allocated = time.monotonic(), self._allocated_bytes()
        with self._lock:
            late = [
                call for call, since in self._since.items() if now - since > self._limits.seconds
            ]
            ends = [end for end in map(self._forget, late) if end]
            greedy = self._greedy(now, allocated)
        _end(ends, CallEndedError("The request did not arrive in time."))
        _end(greedy, _too_many())

    def _greedy(self, now: float, allocated: int | None) -> list[End]:
        if allocated is None or not self._since:
            return []
        oldest = next(iter(self._since.values()))
        if now - oldest < _SUSPECT_AFTER_S and len(self._since) < _SUSPECT_CALLS:
            # What calls in progress take comes and goes. Slowly up: half of what an attack takes
            # until it is suspected.
            growth = max(0, allocated - self._normal_bytes)
            self._normal_bytes = min(allocated, self._normal_bytes + growth // 16)
            return []
        taken = allocated - self._normal_bytes
        excess = taken - self._limits.memory_bytes // 2
        # A call alone is bounded by its own limit: two large photos as base64 are several times
        # their size while they are read.
        if len(self._since) == 1 or taken < self._limits.memory_bytes:
            return []
        ends: list[End] = []
        count = -(-len(self._since) * excess // taken)
        while len(ends) < count and self._since:
            line, calls = self._largest()
            if calls == 1 and now - self._youngest_of(line) < _SUSPECT_AFTER_S:
                break  # only calls that are alone, and have hardly begun, are left
            ends += self._take(max(1, calls // 2))
        return ends

    def _youngest_of(self, line: tuple[str, str]) -> float:
        """Return since when the newest call of a client's connection waits."""
        return next(
            since
            for call, since in reversed(self._since.items())
            if (self._ends[call][0].name, self._ends[call][0].connection) == line
        )

    def _largest(self) -> tuple[tuple[str, str], int]:
        """Return the connection with the most calls, of the client with the most, and how many."""
        clients: dict[str, dict[str, int]] = {}
        for client, _ in self._ends.values():
            connections = clients.setdefault(client.name, {})
            connections[client.connection] = connections.get(client.connection, 0) + 1
        name = max(clients, key=lambda each: sum(clients[each].values()))
        connection, calls = max(clients[name].items(), key=lambda item: item[1])
        return (name, connection), calls

    def _take(self, count: int) -> list[End]:
        """Forget the oldest of the largest line and return how to end them."""
        (name, connection), _ = self._largest()
        line = [
            call
            for call in self._since
            if (self._ends[call][0].name, self._ends[call][0].connection) == (name, connection)
        ]
        return [end for end in map(self._forget, line[:count]) if end]

    def _forget(self, call: object) -> End | None:
        if self._since.pop(call, None) is None:
            return None
        return self._ends.pop(call)[1]


def _end(ends: list[End], error: FaceError) -> None:
    for end in ends:
        end(error)


def _too_many() -> OverloadedError:
    return OverloadedError("Too many requests are on their way.")
