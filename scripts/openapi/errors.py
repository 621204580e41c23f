"""Which errors a call can end with: every status with its reasons and a real body."""

from __future__ import annotations

from typing import Any

from openapi.source import Call

_INFO = "type.googleapis.com/google.rpc.ErrorInfo"

# Status: title, reasons, and an answer that the service gives: code, message, metadata, the field.
_ERRORS: dict[int, tuple[str, list[str], tuple[int, str, dict[str, str], str]]] = {
    400: (
        "The request is wrong, or its photo is of no use.",
        [
            "MISSING_IMAGE",
            "INVALID_FIELD",
            "IMAGE_URL_REFUSED",
            "IMAGE_FETCH_FAILED",
            "IMAGE_TOO_LARGE",
            "IMAGE_UNSUPPORTED",
            "IMAGE_UNDECODABLE",
            "NO_FACE",
            "AMBIGUOUS_FACE",
            "MODEL_MISMATCH",
            "MALFORMED_REQUEST",
        ],
        (3, "No face was found in the photo.", {}, "image"),
    ),
    401: (
        "No API key, or one that is not known.",
        ["UNAUTHENTICATED"],
        (16, "A known API key is needed.", {}, ""),
    ),
    403: (
        "The API key does not open this call or this collection.",
        ["PERMISSION_DENIED"],
        (7, "The API key does not open this call.", {"scope": "enroll"}, ""),
    ),
    404: (
        "No such user or collection.",
        ["USER_NOT_FOUND", "COLLECTION_NOT_FOUND", "UNKNOWN_PATH"],
        (5, "No such user is enrolled.", {"user_id": "anna"}, ""),
    ),
    409: (
        "The user changed since the expected version.",
        ["VERSION_CONFLICT"],
        (10, "The user has another version.", {"expected": "1", "actual": "2"}, ""),
    ),
    413: (
        "The body is larger than two of the largest photos.",
        ["IMAGE_TOO_LARGE"],
        (3, "The body has more than 32 MiB.", {"max_body_bytes": "33554432"}, ""),
    ),
    415: (
        "A multipart form, or a photo where the call takes none.",
        ["MALFORMED_REQUEST"],
        (
            3,
            "Multipart forms are not taken: send JSON, or the photo as the whole body with its "
            "own content type, such as image/jpeg.",
            {},
            "",
        ),
    ),
    429: (
        "Too many calls wait; `RetryInfo` says when to try again.",
        ["OVERLOADED"],
        (8, "Too many calls are waiting.", {}, ""),
    ),
    431: (
        "The headers have more than 8 KiB.",
        ["MALFORMED_REQUEST"],
        (3, "The headers have more than 8 KiB.", {}, ""),
    ),
    500: (
        "A defect of the service; the request id finds it in the log.",
        ["INTERNAL"],
        (13, "The service failed.", {"request_id": "164a3bd8-9b7f-480e-a2d6-53b99c40f6fa"}, ""),
    ),
    503: (
        "The store takes no writes at present, or the service is starting, draining or down.",
        ["STORE_UNAVAILABLE", "SERVICE_UNAVAILABLE"],
        (14, "The service is starting, draining or down: try again.", {}, ""),
    ),
    504: (
        "No answer in time.",
        ["CALL_ENDED"],
        (4, "The service did not answer in time.", {}, ""),
    ),
}
_WITH_BODY = {413, 415}
_CONFLICTS = {
    "Enroll",
    "DeleteEnrollment",
    "UpdateUser",
    "MergeUsers",
    "MoveSample",
    "DeleteSample",
    "SetCollection",
}
# These know neither users nor collections, and the path is right if the call was found at all.
_KNOWS_NOBODY = "FaceService"


def statuses(call: Call) -> list[int]:
    """Return the statuses other than 200 that a call can end with."""
    left_out = set()
    if not call.body:
        left_out |= _WITH_BODY
    if call.method.name not in _CONFLICTS:
        left_out.add(409)
    if call.service == _KNOWS_NOBODY:
        left_out.add(404)
    if call.method.name == "GetHealth":
        left_out |= {401, 403}
    return [status for status in _ERRORS if status not in left_out]


def references(call: Call) -> dict[str, Any]:
    """Return the responses of a call, as references to components."""
    return {str(s): {"$ref": f"#/components/responses/Error{s}"} for s in statuses(call)}


def responses() -> dict[str, Any]:
    """Return the components that the references name."""
    return {f"Error{status}": _response(status) for status in _ERRORS}


def _response(status: int) -> dict[str, Any]:
    title, reasons, (code, message, metadata, field) = _ERRORS[status]
    details: list[dict[str, Any]] = [
        {"@type": _INFO, "reason": reasons[0], "domain": "facesvc", "metadata": metadata}
    ]
    if status == 400:
        details[0]["reason"] = "NO_FACE"
        violation = {"field": field, "description": message, "reason": "NO_FACE"}
        details.append(
            {
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                "field_violations": [violation],
            }
        )
    if status == 429:
        details.append(
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retry_delay": "1.500s"}
        )
    names = ", ".join(f"`{reason}`" for reason in reasons)
    response: dict[str, Any] = {
        "description": f"{title} Reasons: {names}.",
        "content": {
            "application/json": {
                "schema": {"$ref": "#/components/schemas/Status"},
                "example": {"code": code, "message": message, "details": details},
            }
        },
    }
    return response


STATUS_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "An error, a google.rpc.Status: the `reason` of the detail that is an ErrorInfo "
    "is stable and made for programs, the message is for people and may change.",
    "required": ["code", "message", "details"],
    "properties": {
        "code": {"type": "integer", "format": "int32", "description": "The gRPC status code."},
        "message": {"type": "string", "description": "What went wrong, in a sentence."},
        "details": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["@type"],
                "properties": {
                    "@type": {"type": "string", "description": "Which message this is."},
                    "reason": {"type": "string", "description": "ErrorInfo: a stable reason."},
                    "domain": {"type": "string", "description": "ErrorInfo: always facesvc."},
                    "metadata": {
                        "type": "object",
                        "additionalProperties": {"type": "string"},
                        "description": "ErrorInfo: every dynamic value.",
                    },
                },
                "additionalProperties": True,
            },
        },
    },
}
