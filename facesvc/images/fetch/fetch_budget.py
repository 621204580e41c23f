"""How long one fetch may still take, and how it is woken when nobody waits any more."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from facesvc.application.call import Call
from facesvc.domain.errors import OverloadedError


class FetchBudget:
    """One deadline over every step of a fetch, never later than its call's."""

    def __init__(self, call: Call, timeout_s: float) -> None:
        self.call = call
        self._deadline = time.monotonic() + timeout_s

    def remaining_s(self, at_most: float = float("inf")) -> float:
        """Return the seconds left. Raises CallEndedError, or TimeoutError when none is."""
        self.call.check()
        left = self.call.remaining_s(min(at_most, self._deadline - time.monotonic()))
        if left <= 0.0:
            raise TimeoutError
        return left


class Slots:
    """A counting semaphore whose waiters wake up when their call is cancelled."""

    def __init__(self, count: int) -> None:
        self._free = count
        self._changed = threading.Condition()

    @contextmanager
    def hold(self, call: Call, timeout_s: float) -> Iterator[None]:
        """Hold one slot. Raises CallEndedError; OverloadedError after ``timeout_s``."""
        forget = call.on_end(self._wake)
        try:
            with self._changed:
                wait_s = call.remaining_s(timeout_s)
                self._changed.wait_for(lambda: self._free > 0 or call.ended, wait_s)
                call.check()
                if self._free == 0:
                    raise OverloadedError("Too many images are being fetched.")
                self._free -= 1
        finally:
            forget()
        try:
            yield
        finally:
            with self._changed:
                self._free += 1
                # All: a single one might be a caller who has just given up.
                self._changed.notify_all()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()
