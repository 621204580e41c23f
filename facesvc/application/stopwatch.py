"""Where the time of one call went."""

from __future__ import annotations

import time

from facesvc.application.stage import Stage


class Stopwatch:
    """Splits the time since its making into named laps, ``ms`` by stage. For one thread."""

    def __init__(self) -> None:
        self.ms: dict[Stage, float] = {}
        self._last = time.perf_counter()

    def lap(self, stage: Stage) -> None:
        """Add the milliseconds since the lap before to the stage."""
        now = time.perf_counter()
        self.ms[stage] = self.ms.get(stage, 0.0) + (now - self._last) * 1000
        self._last = now
