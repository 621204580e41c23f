"""What the interceptors log, and that they stand in the right order."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import grpc
import pytest
import structlog
from structlog.testing import capture_logs

from facesvc.v1 import face_service_pb2 as pb
from tests.contract.conftest import InProcess


@pytest.fixture(autouse=True)
def _fresh_logging() -> Iterator[None]:
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()


def logs_of(service: InProcess, image: bytes) -> list[dict[str, object]]:
    """Call Embed and return the log lines that carry the call's request id."""
    merge = structlog.contextvars.merge_contextvars
    with capture_logs(processors=[merge]) as lines:
        with contextlib.suppress(grpc.RpcError):
            service.faces.Embed(
                pb.EmbedRequest(image=image), metadata=[("x-request-id", "canary-id")]
            )
        service.server.grpc_server.stop(1.0).wait()  # the access line follows the answer
    return [line for line in lines if line.get("request_id") == "canary-id"]


@pytest.mark.parametrize(
    ("image", "code"), [(b"anna", "OK"), (b"nobody", "INVALID_ARGUMENT"), (b"crash", "INTERNAL")]
)
def test_access_log_has_the_final_code_and_the_request_id(
    service: InProcess, image: bytes, code: str
) -> None:
    """Request id outermost, then the access log, errors innermost: else one is missing."""
    access = [line for line in logs_of(service, image) if line["event"] == "call"]
    assert [line["code"] for line in access] == [code]
    assert access[0]["method"] == "/facesvc.v1.FaceService/Embed"


def test_defect_is_logged_with_its_traceback_and_request_id(service: InProcess) -> None:
    """The operator can find what the caller was not told."""
    errors = [line for line in logs_of(service, b"crash") if line["event"] == "unforeseen error"]
    assert len(errors) == 1
    assert errors[0]["exc_info"]


def test_callers_mistake_is_no_error_line(service: InProcess) -> None:
    """A photo without a face must not wake anybody up."""
    levels = {line["log_level"] for line in logs_of(service, b"nobody")}
    assert levels == {"info"}
