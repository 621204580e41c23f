"""One caller's limits: a deadline and a cancellation that adapters can wait on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from facesvc.domain.errors import CallEndedError


@dataclass(frozen=True, slots=True)
class Client:
    """Whose call it is. ``name`` is an API key's, else the caller's address; ``connection`` tells
    those of one client apart. Calls of a ``patient`` one are parts of a longer call, of which only
    so many are made at once: they wait rather than fail.
    """

    name: str = ""
    connection: str = ""
    patient: bool = False


NOBODY = Client()


class Call:
    """The lifetime of one call; thread-safe.

    Adapters bound their waits by ``remaining_s`` and register ``on_end`` to be woken (for
    example to close a socket) the moment the caller cancels.
    """

    def __init__(self, timeout_s: float | None = None, client: Client = NOBODY) -> None:
        self.client = client
        self._deadline = None if timeout_s is None else time.monotonic() + timeout_s
        self._lock = threading.Lock()
        self._cancelled = False
        self._callbacks: dict[int, Callable[[], None]] = {}
        self._next_key = 0

    def remaining_s(self, at_most: float = float("inf")) -> float:
        """Return the seconds left, 0 when over, never more than ``at_most``."""
        if self._deadline is None:
            return at_most
        return max(0.0, min(at_most, self._deadline - time.monotonic()))

    @property
    def ended(self) -> bool:
        """True once cancelled or past the deadline."""
        return self._cancelled or self.remaining_s(1.0) <= 0.0

    def check(self) -> None:
        """Raise CallEndedError when nobody waits for the answer any more."""
        if self.ended:
            raise CallEndedError

    def cancel(self) -> None:
        """End the call and run the registered callbacks, each once."""
        with self._lock:
            self._cancelled = True
            callbacks = list(self._callbacks.values())
            self._callbacks.clear()
        for callback in callbacks:
            callback()

    def on_end(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Run ``callback`` on cancellation (at once if it has happened); return an undo."""
        with self._lock:
            if not self._cancelled:
                key = self._next_key
                self._next_key += 1
                self._callbacks[key] = callback
                return lambda: self._forget(key)
        callback()
        return lambda: None

    def _forget(self, key: int) -> None:
        with self._lock:
            self._callbacks.pop(key, None)
