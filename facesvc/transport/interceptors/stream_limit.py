"""Bounds the streams: each holds a thread for as long as it lasts, even when nothing happens."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import grpc
from grpc_status import rpc_status

from facesvc.domain.errors import OverloadedError
from facesvc.transport.interceptors.handlers import Handler, Interceptor, wrap
from facesvc.transport.interceptors.request_id import current_request_id
from facesvc.transport.status import to_status


class StreamLimit(Interceptor):
    """Refuses the stream beyond the limit at once with OVERLOADED.

    Outside Errors, which leaves out the standard services; their streams count too.
    """

    def __init__(self, streams: int) -> None:
        self._free = threading.Semaphore(streams)

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Handler | None],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        handler = continuation(handler_call_details)
        if handler is None or not (handler.request_streaming or handler.response_streaming):
            return handler
        return wrap(handler, self._admit)

    @contextmanager
    def _admit(self, context: grpc.ServicerContext) -> Iterator[None]:
        if not self._free.acquire(blocking=False):
            error = OverloadedError("Too many streams are open.")
            context.abort_with_status(
                rpc_status.to_status(to_status(error, current_request_id.get()))
            )
        try:
            yield
        finally:
            self._free.release()
