"""The one table from domain errors to google.rpc.Status."""

from __future__ import annotations

import math

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2

from facesvc.domain.errors import CallEndedError, ErrorKind, FaceError, OverloadedError

DOMAIN = "facesvc"

CODES: dict[ErrorKind, grpc.StatusCode] = {
    ErrorKind.INVALID: grpc.StatusCode.INVALID_ARGUMENT,
    ErrorKind.PRECONDITION: grpc.StatusCode.FAILED_PRECONDITION,
    ErrorKind.NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    ErrorKind.CONFLICT: grpc.StatusCode.ABORTED,
    ErrorKind.OVERLOADED: grpc.StatusCode.RESOURCE_EXHAUSTED,
    ErrorKind.UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
    ErrorKind.UNAUTHENTICATED: grpc.StatusCode.UNAUTHENTICATED,
    ErrorKind.FORBIDDEN: grpc.StatusCode.PERMISSION_DENIED,
    ErrorKind.ENDED: grpc.StatusCode.DEADLINE_EXCEEDED,
}

INTERNAL_TEXT = "Internal error. Quote the request id to the operator."


def to_status(error: BaseException, request_id: str) -> status_pb2.Status:
    """Return the status that the caller sees; of an unforeseen error only the request id."""
    if not isinstance(error, FaceError):
        return _status(
            code_pb2.INTERNAL, INTERNAL_TEXT, reason_of(error), {"request_id": request_id}
        )
    code = CODES[error.kind].value[0]
    status = _status(code, error.message, error.reason, error.metadata)
    if error.field:
        violation = error_details_pb2.BadRequest.FieldViolation(
            field=error.field, description=error.message, reason=error.reason
        )
        _attach(status, error_details_pb2.BadRequest(field_violations=[violation]))
    if isinstance(error, OverloadedError):
        fraction, seconds = math.modf(error.retry_after_s)
        delay = duration_pb2.Duration(seconds=int(seconds), nanos=int(fraction * 1e9))
        _attach(status, error_details_pb2.RetryInfo(retry_delay=delay))
    return status


def reason_of(error: BaseException) -> str:
    """Return the reason that the caller is told."""
    return error.reason if isinstance(error, FaceError) else "INTERNAL"


def is_callers_doing(error: BaseException) -> bool:
    """Tell errors that callers cause or can handle from defects of the service."""
    return isinstance(error, FaceError)


def ended(error: BaseException) -> bool:
    """True when nobody waits for the answer any more."""
    return isinstance(error, CallEndedError)


def _status(code: int, message: str, reason: str, metadata: dict[str, str]) -> status_pb2.Status:
    status = status_pb2.Status(code=code, message=message)
    _attach(status, error_details_pb2.ErrorInfo(reason=reason, domain=DOMAIN, metadata=metadata))
    return status


def _attach(status: status_pb2.Status, detail: object) -> None:
    packed = any_pb2.Any()
    packed.Pack(detail)  # type: ignore[arg-type] # the details are messages, untyped upstream
    status.details.append(packed)
