"""Innermost: turns whatever a call raises into a status, and nothing else reaches the caller."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import structlog
from google.protobuf.message import DecodeError

from facesvc.domain.errors import (
    CallEndedError,
    FaceError,
    ImageTooLargeError,
    InvalidFieldError,
)
from facesvc.transport.interceptors.abort import abort_with
from facesvc.transport.interceptors.handlers import (
    Handler,
    Interceptor,
    wrap,
    wrap_requests,
)
from facesvc.transport.interceptors.request_id import current_request_id
from facesvc.transport.message_limits import MessageLimits
from facesvc.transport.status import ended, is_callers_doing

_log = structlog.get_logger("facesvc.errors")


class Errors(Interceptor):
    """Applies the table of status.py to every kind of RPC, and the limits of messages."""

    def __init__(self, message_limits: MessageLimits) -> None:
        self._message_limits = message_limits

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Handler | None],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        handler = continuation(handler_call_details)
        if handler is None or handler_call_details.method.startswith("/grpc."):
            return handler
        limit_bytes = self._message_limits.of(handler_call_details.method)
        return wrap(_refuse_undecodable(handler, limit_bytes), self._around)

    @contextmanager
    def _around(self, context: grpc.ServicerContext) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            if not context.is_active() and ended(error):
                context.abort(grpc.StatusCode.CANCELLED, "The caller is gone.")
            if not is_callers_doing(error):
                _log.exception("unforeseen error", request_id=current_request_id.get())
            abort_with(context, error)


@dataclass(frozen=True)
class _Undecodable:
    """Stands for a request that cannot be read, until the behaviour is called."""

    error: FaceError


def _refuse_undecodable(handler: Handler, limit_bytes: int) -> Handler:
    """Answer IMAGE_TOO_LARGE to what cannot be a photo that is served, and INVALID_FIELD where
    grpcio would answer INTERNAL: bad UTF-8, cut messages.
    """
    decode = handler.request_deserializer
    if decode is None:
        return handler

    def decode_or_mark(data: bytes) -> Any:
        if len(data) > limit_bytes:
            return _Undecodable(
                ImageTooLargeError(
                    f"The request has more than {limit_bytes} bytes.",
                    bytes=len(data),
                    limit_bytes=limit_bytes,
                )
            )
        try:
            return decode(data)
        except FaceError as error:
            return _Undecodable(error)
        except (DecodeError, UnicodeDecodeError):
            return _Undecodable(
                InvalidFieldError(
                    "The request is no valid message: wrong encoding, text that is not UTF-8, or"
                    " more than 100 messages inside each other."
                )
            )

    return wrap_requests(handler, _decoded_until_gone, decode_or_mark)


def _decoded_until_gone(requests: Iterator[Any]) -> Iterator[Any]:
    """Yield the requests; a caller that goes away in between is no defect of the service."""
    try:
        for request in requests:
            if isinstance(request, _Undecodable):
                raise request.error
            yield request
    except grpc.RpcError:  # what grpcio raises from the iterator when the call has ended
        raise CallEndedError("The caller is gone.") from None
