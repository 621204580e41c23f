"""One log line a call: method, code, duration, the key's name. Never what the call carried.

Of calls that are refused only some have a line, which says how many had none: a flood of refusals
must not become a flood of lines.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import grpc
import structlog

from facesvc.transport.authentication.interceptor import current_caller
from facesvc.transport.interceptors.call_metrics import code_name
from facesvc.transport.interceptors.handlers import AroundCall

_log = structlog.get_logger("facesvc.access")
_QUIET = ("/grpc.health.v1.Health/", "/grpc.reflection.")
_REFUSALS = (
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.PERMISSION_DENIED,
)
LINES_A_S = 2  # for each of these


class AccessLog(AroundCall):
    """Logs each call when its answer is complete."""

    def __init__(self) -> None:
        self._samples = {code.name: _Sample(LINES_A_S) for code in _REFUSALS}

    @contextmanager
    def around(self, method: str, context: grpc.ServicerContext) -> Iterator[None]:
        start, caller = time.perf_counter(), current_caller.set("")
        try:
            yield
        finally:
            self._write(method, code_name(context), time.perf_counter() - start)
            current_caller.reset(caller)

    def _write(self, method: str, code: str, seconds: float) -> None:
        sample, unlogged = self._samples.get(code), 0
        if sample is not None:
            chosen, unlogged = sample.take()
            if not chosen:
                return
        level = _log.debug if method.startswith(_QUIET) else _log.info
        level(
            "call",
            method=method,
            code=code,
            duration_ms=round(seconds * 1000, 2),
            **({"caller": current_caller.get()} if current_caller.get() else {}),
            **({"unlogged": unlogged} if unlogged else {}),
        )


class _Sample:
    """Chooses so many a second, the first ones; thread-safe."""

    def __init__(self, a_second: int) -> None:
        self._lock = threading.Lock()
        self._a_second = a_second
        self._second = self._chosen = self._passed_over = 0

    def take(self) -> tuple[bool, int]:
        """Return whether this one is chosen, and how many were not since the last that was."""
        with self._lock:
            second = int(time.monotonic())
            if second != self._second:
                self._second, self._chosen = second, 0
            if self._chosen >= self._a_second:
                self._passed_over += 1
                return False, 0
            self._chosen += 1
            passed_over, self._passed_over = self._passed_over, 0
            return True, passed_over
