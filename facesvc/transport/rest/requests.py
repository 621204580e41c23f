"""From what Envoy hands over to the request that a gRPC caller would have sent.

scripts/rest_descriptors.py gives every request with a body one more field, known to Envoy only,
that holds the body and its content type. Here it is an unknown field, and is read before anything
looks at the request.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc
from google.api import httpbody_pb2
from google.protobuf.message import Message
from google.protobuf.unknown_fields import UnknownFieldSet

from facesvc.domain.errors import MalformedRequestError
from facesvc.transport.interceptors.handlers import Handler, Interceptor, wrap_requests
from facesvc.transport.rest.forms import read_multipart, read_urlencoded
from facesvc.transport.rest.json_text import read_json
from facesvc.transport.rest.to_message import fill

# Far from what the contract numbers, below what protobuf keeps for itself.
BODY_FIELD = 18_999
_MULTIPART, _URLENCODED = "multipart/form-data", "application/x-www-form-urlencoded"
_JSON_STARTS = (b"{", b"[", b'"')


class RestBodies(Interceptor):
    """Innermost: requests with a body of REST are read into what they mean."""

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Handler | None],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        handler = continuation(handler_call_details)
        if handler is None or handler.request_streaming or handler.request_deserializer is None:
            return handler
        return wrap_requests(handler, lambda requests: requests, reading(handler))


def reading(handler: Handler) -> Callable[[bytes], Any]:
    """Return the handler's deserializer, which also reads a body."""
    deserialize = handler.request_deserializer

    def read(data: bytes) -> Any:
        request = deserialize(data)  # type: ignore[misc] # asked before
        if isinstance(request, Message):
            # Envoy writes the field twice, first without content: the parts of one message.
            parts = [
                unknown.data
                for unknown in UnknownFieldSet(request)  # type: ignore[attr-defined] # stubs lack it
                if unknown.field_number == BODY_FIELD
            ]
            if parts:
                request.DiscardUnknownFields()
                body = httpbody_pb2.HttpBody.FromString(b"".join(parts))
                read_body(request, body.content_type, body.data)
        return request

    return read


def read_body(request: Message, content_type: str, body: bytes) -> None:
    """Add a body's fields to a request that has those of the path and the query.

    Raises MalformedRequestError, InvalidFieldError.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind == _MULTIPART:
        values = read_multipart(body, content_type, request.DESCRIPTOR)
    elif kind == _URLENCODED and not body.lstrip().startswith(_JSON_STARTS):
        # curl -d says so of JSON too.
        values = read_urlencoded(body, request.DESCRIPTOR) if body else {}
    elif kind.startswith("multipart/"):
        raise MalformedRequestError("Of multipart bodies only multipart/form-data is taken.")
    else:
        values = read_json(body) if body.strip() else {}
    fill(request, values)
