"""Being told by signals to end."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterable


class Stop:
    """Waits until one of the signals came; for the main thread, once in a process.

    Whichever thread the kernel gives a signal to writes to a pipe, so that it is never missed: a
    thread that is just being made may take the signal away from the main thread, which would then
    sleep on in the wait for a lock. And nothing is locked: a handler that sets a
    ``threading.Event`` waits for ever when it interrupts the same at another signal.
    """

    def __init__(self, numbers: Iterable[signal.Signals]) -> None:
        self._came, told = os.pipe()
        os.set_blocking(told, False)
        signal.set_wakeup_fd(told, warn_on_full_buffer=False)
        for number in numbers:
            signal.signal(number, lambda *_: None)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Return True as soon as a signal has come, False when none does in time."""
        readable, _, _ = select.select([self._came], [], [], timeout_s)
        return bool(readable)
