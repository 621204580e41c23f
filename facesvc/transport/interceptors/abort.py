"""Ending a call with an error of the domain: status, details, and when to try again."""

from __future__ import annotations

import math
from contextvars import ContextVar
from typing import NoReturn

import grpc
from grpc_status import rpc_status

from facesvc.domain.errors import FaceError, OverloadedError, ShuttingDownError
from facesvc.transport.interceptors.request_id import current_request_id, response_headers
from facesvc.transport.status import to_status

# gRPC's retry policy (gRFC A6) waits as long as this trailer says, before it tries again.
PUSHBACK_TRAILER = "grpc-retry-pushback-ms"
# For callers of REST; Envoy passes the headers of an answer on.
RETRY_AFTER_HEADER = "retry-after"
# Says that nothing was done, so that the gateway may ask another replica, a write too.
UNTOUCHED_HEADER = "x-facesvc-untouched"

# Why a call is answered before its requests are read; set in the context of the call.
refusal: ContextVar[FaceError | None] = ContextVar("refusal", default=None)


def abort_with(context: grpc.ServicerContext, error: BaseException) -> NoReturn:
    """End the call with the error's status. Raises what grpcio raises to leave the handler."""
    status = rpc_status.to_status(to_status(error, current_request_id.get()))
    if isinstance(error, OverloadedError):
        seconds = error.retry_after_s
        trailers = (*status.trailing_metadata, (PUSHBACK_TRAILER, str(round(seconds * 1000))))
        status = _Status(status.code, status.details, trailers)
        response_headers.get().append((RETRY_AFTER_HEADER, str(max(1, math.ceil(seconds)))))
    if isinstance(error, ShuttingDownError):
        response_headers.get().append((UNTOUCHED_HEADER, "1"))
    context.abort_with_status(status)
    raise AssertionError("grpcio leaves the handler")  # for the type checker


class _Status(grpc.Status):
    """A status with trailers; grpcio has no public one."""

    def __init__(
        self, code: grpc.StatusCode, details: str, trailers: tuple[tuple[str, str | bytes], ...]
    ) -> None:
        self.code, self.details, self.trailing_metadata = code, details, trailers
