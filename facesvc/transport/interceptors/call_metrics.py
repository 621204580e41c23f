"""Counts and times every call, and the reasons of those that failed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

import grpc
from google.rpc import error_details_pb2, status_pb2

from facesvc.transport.interceptors.handlers import AroundCall


class CallObserver(Protocol):
    """Is told of each call."""

    def began(self, method: str) -> None:
        """A call of the method (its last part, as in "Embed") has begun."""
        ...

    def ended(self, method: str, code: str, seconds: float) -> None:
        """It has ended with a status."""
        ...

    def refused(self, reason: str) -> None:
        """A call, or an item of a stream, failed for a reason of error_reason.proto."""
        ...


# Who is told of the items of streams that fail: their call as a whole does not.
current_observer: ContextVar[CallObserver | None] = ContextVar("current_observer", default=None)


class CallMetrics(AroundCall):
    """Tells the observer."""

    def __init__(self, observer: CallObserver) -> None:
        self._observer = observer

    @contextmanager
    def around(self, method: str, context: grpc.ServicerContext) -> Iterator[None]:
        name = method.rpartition("/")[2]
        began = time.perf_counter()
        self._observer.began(name)
        before = current_observer.set(self._observer)
        try:
            yield
        finally:
            current_observer.reset(before)
            self._observer.ended(name, code_name(context), time.perf_counter() - began)
            reason = reason_told(context)
            if reason:
                self._observer.refused(reason)


def code_name(context: grpc.ServicerContext) -> str:
    """Return the status of a call that has ended, as its caller sees it."""
    code = context.code()  # type: ignore[attr-defined] # newer than its stubs
    if code is None and not context.is_active():
        code = grpc.StatusCode.CANCELLED  # nobody was there to take the answer
    return code.name if isinstance(code, grpc.StatusCode) else str(code or "OK")


def reason_told(context: grpc.ServicerContext) -> str:
    """Return the ErrorInfo reason that the caller was told, "" for none."""
    for key, value in context.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            status, info = status_pb2.Status.FromString(value), error_details_pb2.ErrorInfo()
            for detail in status.details:
                if detail.Unpack(info):
                    return str(info.reason)
    return ""
