"""Events that nobody waits for: stored together, a moment later."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

import structlog
from redis.exceptions import RedisError

from facesvc.domain.events import Event

MOST = 16_384  # beyond that they are lost, and logged: a server is away for long
TOGETHER = 256
AGAIN_S = 0.5

_log = structlog.get_logger(__name__)


class PostedEvents:
    """One thread that stores what was put, in order."""

    def __init__(self, store: Callable[[Sequence[Event]], None]) -> None:
        self._store = store
        self._queue: queue.Queue[Event | None] = queue.Queue(MOST)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="posted-events", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """Store what is there, unless the server is away, and stop."""
        self._closing.set()
        if self._thread.is_alive():
            with suppress(queue.Full):  # then the thread looks at the flag
                self._queue.put_nowait(None)
            self._thread.join()

    def put(self, events: Sequence[Event]) -> None:
        """Have the events stored soon."""
        try:
            for event in events:
                self._queue.put_nowait(event)
        except queue.Full:
            _log.warning("events_not_kept", count=len(events), error="the queue is full")

    def _run(self) -> None:
        while True:
            batch = self._take()
            if batch and not self._stored(batch):
                return
            if self._closing.is_set() and self._queue.empty():
                return

    def _take(self) -> list[Event]:
        batch = [self._queue.get()]
        while len(batch) < TOGETHER:
            try:
                batch.append(self._queue.get_nowait())
            except queue.Empty:
                break
        return [event for event in batch if event is not None]

    def _stored(self, batch: Sequence[Event]) -> bool:
        """Store a batch, however often it takes; False when the end comes first."""
        while True:
            try:
                self._store(batch)
            except (RedisError, OSError) as error:
                _log.warning("events_not_stored_yet", error=type(error).__name__)
                if self._closing.wait(AGAIN_S):
                    _log.warning("events_not_kept", count=len(batch), error=type(error).__name__)
                    return False
            else:
                return True
