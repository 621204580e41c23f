"""Where the time of one call went."""

from __future__ import annotations

import time


class Stopwatch:
    """Splits the time since its making into named laps, ``ms``. For one thread."""

    def __init__(self) -> None:
        self.ms: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        """Add the milliseconds since the lap before to ``name``."""
        now = time.perf_counter()
        self.ms[name] = self.ms.get(name, 0.0) + (now - self._last) * 1000
        self._last = now
