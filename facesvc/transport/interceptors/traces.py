"""A span around every call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

import grpc

from facesvc.transport.interceptors.call_metrics import code_name
from facesvc.transport.interceptors.handlers import AroundCall
from facesvc.transport.interceptors.request_id import current_request_id

_QUIET = ("/grpc.health.v1.Health/", "/grpc.reflection.")


class CallTracer(Protocol):
    """Spans calls."""

    def call(
        self, method: str, headers: Mapping[str, str], request_id: str
    ) -> AbstractContextManager[Callable[[str], None]]:
        """Return a span around a call, as a child of what its headers name; entered, it takes the
        call's status.
        """
        ...


class Traces(AroundCall):
    """Inside RequestId, whose id the span has; probes have none."""

    def __init__(self, tracer: CallTracer) -> None:
        self._tracer = tracer

    @contextmanager
    def around(self, method: str, context: grpc.ServicerContext) -> Iterator[None]:
        if method.startswith(_QUIET):
            yield
            return
        pairs = context.invocation_metadata()
        headers = {str(name): value for name, value in pairs if isinstance(value, str)}
        with self._tracer.call(method, headers, current_request_id.get()) as ended:
            try:
                yield
            finally:
                ended(code_name(context))
