"""A name for every call, from the caller or made here, in every log line and answer."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar

import grpc
import structlog

from facesvc.transport.interceptors.handlers import Handler, Interceptor, wrap

HEADER = "x-request-id"
_ACCEPTABLE = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")  # anything else could forge log lines

current_request_id: ContextVar[str] = ContextVar("request_id", default="")
# Headers of the answer; what is added while a call is worked on goes along with a single answer.
response_headers: ContextVar[list[tuple[str, str]]] = ContextVar("response_headers")


class RequestId(Interceptor):
    """Sets the request id for those further in and sends it back as a header. A stream's
    headers go at once, those of a single answer together with it.
    """

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Handler | None],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        handler = continuation(handler_call_details)
        if handler is None:
            return None
        at_once = bool(handler.response_streaming)
        return wrap(handler, lambda context: self._around(context, at_once))

    @contextmanager
    def _around(self, context: grpc.ServicerContext, at_once: bool) -> Iterator[None]:
        given = dict(context.invocation_metadata()).get(HEADER, "")
        request_id = str(given) if _ACCEPTABLE.match(str(given)) else uuid.uuid4().hex
        headers = [(HEADER, request_id)]
        token, header_token = current_request_id.set(request_id), response_headers.set(headers)
        if at_once:
            context.send_initial_metadata(tuple(headers))
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                yield
            finally:
                if not at_once:
                    with suppress(grpc.RpcError):  # the caller is gone
                        context.send_initial_metadata(tuple(headers))
                response_headers.reset(header_token)
                current_request_id.reset(token)
