"""One log line a call: method, code, duration, the key's name. Never what the call carried."""

from __future__ import annotations

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


class AccessLog(AroundCall):
    """Logs each call when its answer is complete."""

    @contextmanager
    def around(self, method: str, context: grpc.ServicerContext) -> Iterator[None]:
        start, caller = time.perf_counter(), current_caller.set("")
        try:
            yield
        finally:
            level = _log.debug if method.startswith(_QUIET) else _log.info
            level(
                "call",
                method=method,
                code=code_name(context),
                duration_ms=round((time.perf_counter() - start) * 1000, 2),
                **({"caller": current_caller.get()} if current_caller.get() else {}),
            )
            current_caller.reset(caller)
