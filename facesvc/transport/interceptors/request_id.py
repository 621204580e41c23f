"""A name for every call, from the caller or made here, in every log line and answer."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import grpc
import structlog

from facesvc.transport.interceptors.handlers import AroundCall

HEADER = "x-request-id"
_ACCEPTABLE = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")  # anything else could forge log lines

current_request_id: ContextVar[str] = ContextVar("request_id", default="")


class RequestId(AroundCall):
    """Outermost: sets the request id for the others and sends it back as a header."""

    @contextmanager
    def around(self, method: str, context: grpc.ServicerContext) -> Iterator[None]:  # noqa: ARG002
        given = dict(context.invocation_metadata()).get(HEADER, "")
        request_id = given if _ACCEPTABLE.match(str(given)) else uuid.uuid4().hex
        token = current_request_id.set(str(request_id))
        context.send_initial_metadata(((HEADER, str(request_id)),))
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                yield
            finally:
                current_request_id.reset(token)
