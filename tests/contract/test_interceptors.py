"""What the interceptors log, and that they stand in the right order."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from unittest import mock

import grpc
import pytest
import structlog
from grpc_health.v1 import health_pb2, health_pb2_grpc
from structlog.testing import capture_logs

from facesvc.application.call import Call
from facesvc.transport.interceptors.access_log import AccessLog
from facesvc.v1 import face_service_pb2 as pb
from tests.contract.conftest import CALLS_OF_ONE, STREAMS_OF_ONE, THREADS, InProcess, as_peer
from tests.contract.expect import failure


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


def lines_after(service: InProcess, lines: list[dict[str, object]], count: int) -> list[object]:
    """Return the events and codes once ``count`` calls are logged; handlers end after callers."""
    deadline = time.monotonic() + 10
    while len(lines) < count and time.monotonic() < deadline:
        time.sleep(0.01)
    service.server.grpc_server.stop(5.0).wait()
    return [(line["event"], line.get("code")) for line in lines]


def test_idle_stream_that_its_caller_leaves_is_no_defect(service: InProcess) -> None:
    """Callers come and go: that wakes nobody up."""
    left = threading.Event()

    def requests() -> Iterator[pb.StreamEmbedRequest]:
        left.wait(10)
        yield from ()

    with capture_logs() as lines:
        for count in range(1, 21):  # who notices first is a race
            stream = service.faces.StreamEmbed(requests())
            stream.initial_metadata()  # the server has begun with it
            stream.cancel()
            while len(lines) < count:
                time.sleep(0.001)
        left.set()
        logged = lines_after(service, lines, 20)
    # OK when grpcio tells of the end of the requests before it tells of the cancellation.
    assert set(logged) <= {("call", "CANCELLED"), ("call", "OK")}
    assert len(logged) == 20


@pytest.mark.parametrize(("active", "code"), [(True, "OK"), (False, "CANCELLED")])
def test_answer_that_nobody_takes_is_not_logged_as_ok(active: bool, code: str) -> None:
    """Grpcio leaves a stream without a code when its caller goes while an answer is sent."""
    context = mock.Mock(**{"code.return_value": None, "is_active.return_value": active})
    with capture_logs() as lines, AccessLog().around("/facesvc.v1.FaceService/Embed", context):
        pass
    assert [line["code"] for line in lines] == [code]


def test_streams_that_lie_idle_keep_nobody_from_calling(service: InProcess) -> None:
    """The stream beyond the limit is refused, and other calls find a thread."""
    done = threading.Event()

    def requests() -> Iterator[pb.StreamEmbedRequest]:
        done.wait(10)
        yield from ()

    streams = [service.faces.StreamEmbed(requests()) for _ in range(STREAMS_OF_ONE)]
    for stream in streams:
        stream.initial_metadata()  # the server has begun with it
    try:
        said = failure(lambda: list(service.faces.StreamEmbed(iter([]))))
        assert (said.code, said.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED")
        assert said.retry_s
        assert service.faces.Embed(pb.EmbedRequest(image=b"anna"), timeout=5).faces_detected == 1
    finally:
        done.set()
    for stream in streams:
        assert list(stream) == []
    assert list(service.faces.StreamEmbed(iter([]))) == []


def test_health_is_told_when_every_thread_is_busy(
    service: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a busy service looks dead and is taken out, or restarted."""
    done, busy = threading.Event(), threading.Semaphore(0)

    def fetch_slowly(url: str, call: Call) -> bytes:
        busy.release()
        done.wait(10)
        return b"anna"

    monkeypatch.setattr(service.source, "fetch", fetch_slowly)
    request = pb.EmbedRequest(image_url="http://slow/")
    calls = [
        service.faces.Embed.future(request, metadata=as_peer(f"10.0.0.{number}:1"))
        for number in range(THREADS)
    ]
    for _ in range(THREADS):
        assert busy.acquire(timeout=10)
    try:
        health = health_pb2_grpc.HealthStub(service.channel)
        answer = health.Check(health_pb2.HealthCheckRequest(), timeout=5)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
        assert service.faces.GetHealth(pb.GetHealthRequest(), timeout=5).status == "ok"
    finally:
        done.set()
    assert all(call.result(timeout=10).faces_detected == 1 for call in calls)


def test_calls_that_no_thread_can_take_soon_are_refused(
    service: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each would hold its photo in memory, and a thread; who is refused may call again."""
    done = threading.Event()

    def fetch_slowly(url: str, call: Call) -> bytes:
        done.wait(10)
        return b"anna"

    monkeypatch.setattr(service.source, "fetch", fetch_slowly)
    request = pb.EmbedRequest(image_url="http://slow/")
    calls = [service.faces.Embed.future(request) for _ in range(CALLS_OF_ONE + 5)]
    deadline = time.monotonic() + 8
    while sum(call.done() for call in calls) < 5 and time.monotonic() < deadline:
        time.sleep(0.01)
    refused = [call for call in calls if call.done()]  # not the last: calls overtake each other
    done.set()
    answered = [call for call in calls if call.exception(timeout=10) is None]
    assert [call.code() for call in refused] == [grpc.StatusCode.RESOURCE_EXHAUSTED] * 5
    assert len(answered) == CALLS_OF_ONE
    assert service.faces.Embed(pb.EmbedRequest(image=b"anna"), timeout=5).faces_detected == 1
