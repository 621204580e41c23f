"""How far the copy has come, for those who wait for it."""

from __future__ import annotations

import threading
import time

from facesvc.application.call import Call

WAIT_AT_MOST_S = 5.0  # for a call without a deadline


class Positions:
    """Versions reached by collection; thread-safe."""

    def __init__(self) -> None:
        self._reached: dict[str, int] = {}
        self._changed = threading.Condition()

    def reached(self, collection: str, version: int) -> None:
        """Say where the copy is now; lower than before when it was loaded afresh."""
        with self._changed:
            self._reached[collection] = version
            self._changed.notify_all()

    def wait(
        self, collection: str, version: int, call: Call, *, at_most_s: float = WAIT_AT_MOST_S
    ) -> bool:
        """Wait for the version; False when it did not come within the call's patience."""
        if self._reached.get(collection, 0) >= version:
            return True
        deadline = time.monotonic() + call.remaining_s(at_most_s)
        forget = call.on_end(self._wake)
        try:
            with self._changed:
                while self._reached.get(collection, 0) < version:
                    left = deadline - time.monotonic()
                    if left <= 0 or call.ended:
                        return False
                    self._changed.wait(left)
        finally:
            forget()
        return True

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()
