"""Errors with the service's reason."""

from __future__ import annotations

from typing import Any

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

_DOMAIN = "facesvc"


class FacesvcError(Exception):
    """A call that did not succeed.

    ``reason`` is a value of ErrorReason by name, such as NO_FACE, stable; "" when the service did
    not answer. ``message`` is for people. ``metadata`` belongs to the reason, ``fields`` names the
    request's fields at fault with what is wrong, and ``retry_after_s`` is how long to wait if the
    service says so.
    """

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.reason = ""
        self.metadata: dict[str, str] = {}
        self.fields: dict[str, str] = {}
        self.retry_after_s: float | None = None

    def __str__(self) -> str:
        return f"{self.reason or self.code.name}: {self.message}"


class ImageError(FacesvcError):
    """The photo is missing, too large, of another kind, broken, or cannot be fetched."""


class NoFaceError(FacesvcError):
    """The photo shows no face."""


class AmbiguousFaceError(FacesvcError):
    """Several faces are equally good."""


class InvalidFieldError(FacesvcError):
    """A field is outside its range; ``fields`` names it."""


class NotFoundError(FacesvcError):
    """There is no such user or collection."""


class VersionConflictError(FacesvcError):
    """The user changed since the expected version."""


class AccessError(FacesvcError):
    """No API key, an unknown one, or one that does not open this call or collection."""


class OverloadedError(FacesvcError):
    """Too many calls wait; try again after ``retry_after_s``."""


class UnavailableError(FacesvcError):
    """The service, or its store, is away."""


class DeadlineError(FacesvcError):
    """The time that the caller gave has passed."""


_BY_REASON: dict[str, type[FacesvcError]] = {
    "MISSING_IMAGE": ImageError,
    "IMAGE_URL_REFUSED": ImageError,
    "IMAGE_FETCH_FAILED": ImageError,
    "IMAGE_TOO_LARGE": ImageError,
    "IMAGE_UNSUPPORTED": ImageError,
    "IMAGE_UNDECODABLE": ImageError,
    "NO_FACE": NoFaceError,
    "AMBIGUOUS_FACE": AmbiguousFaceError,
    "INVALID_FIELD": InvalidFieldError,
    "OVERLOADED": OverloadedError,
    "VERSION_CONFLICT": VersionConflictError,
}
_BY_CODE: dict[grpc.StatusCode, type[FacesvcError]] = {
    grpc.StatusCode.NOT_FOUND: NotFoundError,
    grpc.StatusCode.UNAUTHENTICATED: AccessError,
    grpc.StatusCode.PERMISSION_DENIED: AccessError,
    grpc.StatusCode.RESOURCE_EXHAUSTED: OverloadedError,
    grpc.StatusCode.UNAVAILABLE: UnavailableError,
    grpc.StatusCode.DEADLINE_EXCEEDED: DeadlineError,
}


def error_of(error: Any) -> FacesvcError:
    """Return the exception for a failed call, with all that the service told."""
    status = rpc_status.from_call(error) if hasattr(error, "trailing_metadata") else None
    return _from(error.code(), error.details() or "", status.details if status else ())


def outcome_of(answer: Any) -> Any:
    """Return a stream's answer for one item: the enrolment or, where there is no such field, the
    whole; or the exception that its google.rpc.Status stands for.
    """
    if not answer.HasField("error"):
        return getattr(answer, "enrollment", answer)
    status = answer.error
    return _from(_CODES[status.code], status.message, status.details)


_CODES = {code.value[0]: code for code in grpc.StatusCode}


def _from(code: grpc.StatusCode, message: str, details: Any) -> FacesvcError:
    info = error_details_pb2.ErrorInfo()
    request = error_details_pb2.BadRequest()
    retry = error_details_pb2.RetryInfo()
    reason, metadata, fields, retry_after_s = "", {}, {}, None
    for detail in details:
        if detail.Unpack(info) and info.domain == _DOMAIN:
            reason, metadata = info.reason, dict(info.metadata)
        elif detail.Unpack(request):
            fields = {each.field: each.description for each in request.field_violations}
        elif detail.Unpack(retry):
            retry_after_s = retry.retry_delay.ToTimedelta().total_seconds()
    made = (_BY_REASON.get(reason) or _BY_CODE.get(code) or FacesvcError)(code, message)
    made.reason, made.metadata, made.fields = reason, metadata, fields
    made.retry_after_s = retry_after_s
    return made
