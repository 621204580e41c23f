"""Permits to compute: as many as cores, a bounded queue in order of arrival, no more."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from facesvc.application.call import Call
from facesvc.domain.errors import OverloadedError


class PermitGate:
    """A ComputeGate. Permits are handed over in order of arrival, so that none starves."""

    def __init__(self, permits: int, max_waiting: int) -> None:
        self._lock = threading.Lock()
        self._free = permits
        self._permits = permits
        self._max_waiting = max_waiting
        self._queue: deque[threading.Event] = deque()

    @contextmanager
    def admit(self, call: Call) -> Iterator[None]:
        """Hold a permit. Raises OverloadedError, CallEndedError."""
        self._acquire(call)
        try:
            yield
        finally:
            self._release()

    @property
    def waiting(self) -> int:
        """How many calls wait for a permit now."""
        return len(self._queue)

    def _acquire(self, call: Call) -> None:
        call.check()
        with self._lock:
            if self._free > 0:
                self._free -= 1
                return
            if len(self._queue) >= self._max_waiting:
                raise OverloadedError(
                    "Too many calls wait for a compute slot.",
                    retry_after_s=max(1.0, len(self._queue) / self._permits * 0.1),
                )
            turn = threading.Event()
            self._queue.append(turn)
        undo = call.on_end(turn.set)
        try:
            remaining = call.remaining_s()
            turn.wait(None if remaining == float("inf") else remaining)
        finally:
            undo()
        with self._lock:
            if turn in self._queue:  # woken by the call's end, not by a permit
                self._queue.remove(turn)
                granted = False
            else:
                granted = True
        if call.ended:
            if granted:
                self._release()
            call.check()

    def _release(self) -> None:
        with self._lock:
            if self._queue:
                self._queue.popleft().set()
            else:
                self._free += 1
