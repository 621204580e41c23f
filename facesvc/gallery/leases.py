"""Tasks of a gallery that one process has for itself."""

from __future__ import annotations

import threading
import time


class Leases:
    """Thread-safe; what GalleryRetention.take_lease promises, within this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, tuple[str, float]] = {}

    def take(self, task: str, holder: str, seconds: float) -> bool:
        """Take the task, or keep it; False while another holder has it."""
        now = time.monotonic()
        with self._lock:
            owner, until = self._held.get(task, (holder, now))
            if owner != holder and until > now:
                return False
            self._held[task] = (holder, now + seconds)
            return True
