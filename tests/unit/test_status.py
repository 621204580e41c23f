"""The table from domain errors to statuses."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.rpc import code_pb2, error_details_pb2

from facesvc.domain import edit_errors, errors, event_cursor, gallery_errors
from facesvc.transport.status import to_status
from facesvc.v1 import error_reason_pb2

# The contract's table: reason and code.
EXPECTED = {
    "MALFORMED_REQUEST": code_pb2.INVALID_ARGUMENT,
    "MISSING_IMAGE": code_pb2.INVALID_ARGUMENT,
    "INVALID_FIELD": code_pb2.INVALID_ARGUMENT,
    "IMAGE_URL_REFUSED": code_pb2.INVALID_ARGUMENT,
    "IMAGE_FETCH_FAILED": code_pb2.FAILED_PRECONDITION,
    "IMAGE_TOO_LARGE": code_pb2.INVALID_ARGUMENT,
    "IMAGE_UNSUPPORTED": code_pb2.INVALID_ARGUMENT,
    "IMAGE_UNDECODABLE": code_pb2.INVALID_ARGUMENT,
    "NO_FACE": code_pb2.INVALID_ARGUMENT,
    "AMBIGUOUS_FACE": code_pb2.INVALID_ARGUMENT,
    "USER_NOT_FOUND": code_pb2.NOT_FOUND,
    "SAMPLE_NOT_FOUND": code_pb2.NOT_FOUND,
    "LAST_SAMPLE": code_pb2.FAILED_PRECONDITION,
    "COLLECTION_NOT_FOUND": code_pb2.NOT_FOUND,
    "COLLECTION_FULL": code_pb2.FAILED_PRECONDITION,
    "VERSION_CONFLICT": code_pb2.ABORTED,
    "OVERLOADED": code_pb2.RESOURCE_EXHAUSTED,
    "STORE_UNAVAILABLE": code_pb2.UNAVAILABLE,
    "MODEL_MISMATCH": code_pb2.FAILED_PRECONDITION,
    "CURSOR_EXPIRED": code_pb2.FAILED_PRECONDITION,
    "EVENTS_OFF": code_pb2.FAILED_PRECONDITION,
    "UNAUTHENTICATED": code_pb2.UNAUTHENTICATED,
    "PERMISSION_DENIED": code_pb2.PERMISSION_DENIED,
    "CALL_ENDED": code_pb2.DEADLINE_EXCEEDED,
    "SERVICE_UNAVAILABLE": code_pb2.UNAVAILABLE,
}


# A value for each parameter of an error that has a text of its own.
VALUES = {
    "str": "said",
    "int": 7,
    "int | None": 7,
    "Sequence[str]": ["one", "two"],
    "Cursor": event_cursor.OLDEST,
    "StoreTask": gallery_errors.StoreTask.READ,
    "StoreFault": gallery_errors.StoreFault.DISK,
}
GALLERY = Path(__file__).resolve().parents[2] / "facesvc" / "gallery"


def example(error_class: type[errors.FaceError]) -> errors.FaceError:
    """An error of the class, with a value for every parameter that has no default."""
    parameters = list(inspect.signature(error_class).parameters.values())
    needed = [one for one in parameters if one.default is one.empty and one.kind < 2]
    return error_class(*[VALUES[str(one.annotation)] for one in needed])


MODULES = (edit_errors, errors, event_cursor, gallery_errors)  # imported, their classes are walked


def error_classes(base: type[errors.FaceError] = errors.FaceError) -> Iterator[type]:
    """Every concrete error of the domain."""
    for child in base.__subclasses__():
        yield child
        yield from error_classes(child)


@pytest.mark.parametrize("error_class", list(error_classes()), ids=lambda each: each.__name__)
def test_every_error_has_the_contracts_code_and_a_listed_reason(
    error_class: type[errors.FaceError],
) -> None:
    """A new error class without a row here fails."""
    error = example(error_class)
    status = to_status(error, "id")
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    assert info.reason == error_class.reason
    assert info.reason in error_reason_pb2.ErrorReason.DESCRIPTOR.values_by_name
    assert status.code == EXPECTED[info.reason]
    assert status.message == error.message != ""


def test_stores_write_no_text_of_their_own() -> None:
    """What a caller reads is the domain's, so that it is the same whichever store runs."""
    domain = {
        error_class.__name__
        for error_class in error_classes()
        if "domain" in error_class.__module__
    }
    written = [
        f"{path.relative_to(GALLERY)}:{call.lineno}"
        for path in sorted(GALLERY.rglob("*.py"))
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in domain
        and any(
            isinstance(part, ast.JoinedStr)
            or (isinstance(part, ast.Constant) and isinstance(part.value, str))
            for part in call.args
        )
    ]
    assert written == []


def test_error_at_a_field_carries_a_field_violation() -> None:
    """And its dynamic values as metadata."""
    status = to_status(errors.InvalidFieldError("Too long.", field="name", limit=3), "id")
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    assert status.details[0].Unpack(info)
    assert status.details[1].Unpack(bad)
    assert dict(info.metadata) == {"limit": "3"}
    assert bad.field_violations[0].field == "name"


def test_overload_tells_when_to_try_again() -> None:
    """RetryInfo holds the seconds and their fraction."""
    status = to_status(errors.OverloadedError("Full.", retry_after_s=1.5), "id")
    retry = error_details_pb2.RetryInfo()
    assert status.details[-1].Unpack(retry)
    assert retry.retry_delay.ToTimedelta().total_seconds() == 1.5
