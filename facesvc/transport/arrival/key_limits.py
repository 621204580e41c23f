"""What a key's holder may do at a time: calls a second, calls in flight, streams."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from facesvc.domain.access import Caller
from facesvc.domain.errors import OverloadedError


@dataclass
class _Use:
    """What one holder uses now. ``tokens`` are calls that its rate lets it make at once."""

    tokens: float
    filled_at: float
    calls: int = 0
    streams: int = 0


class KeyLimits:
    """Counts the calls of every holder that has limits. Thread-safe.

    A second's worth of calls may come at once, one at least; after that as many as the rate says.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._uses: dict[str, _Use] = {}

    def enter(self, holder: Caller, *, is_stream: bool) -> None:
        """Count a call, which ``leave`` ends. Raises OverloadedError naming the limit."""
        limits = holder.limits
        with self._lock:
            now = time.monotonic()
            burst = max(1.0, limits.rate or 0.0)
            use = self._uses.setdefault(holder.name, _Use(burst, now))
            if is_stream and limits.max_streams is not None and use.streams >= limits.max_streams:
                raise _beyond("max_streams", limits.max_streams)
            if limits.max_in_flight is not None and use.calls >= limits.max_in_flight:
                raise _beyond("max_in_flight", limits.max_in_flight)
            if limits.rate is not None:
                use.tokens = min(burst, use.tokens + (now - use.filled_at) * limits.rate)
                use.filled_at = now
                if use.tokens < 1:
                    raise _beyond("rate", limits.rate, (1 - use.tokens) / limits.rate)
                use.tokens -= 1
            use.calls += 1
            use.streams += is_stream

    def leave(self, holder: Caller, *, is_stream: bool) -> None:
        """The call has ended."""
        with self._lock:
            use = self._uses[holder.name]
            use.calls -= 1
            use.streams -= is_stream


def _beyond(name: str, limit: float, retry_after_s: float = 1.0) -> OverloadedError:
    error = OverloadedError(
        f"The API key's {name} of {limit:g} is used up.", retry_after_s=retry_after_s
    )
    error.metadata["limit"] = name
    return error
