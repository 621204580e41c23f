"""What the gateway adds besides REST: native gRPC, gRPC-Web, browsers, compression, metrics."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import gzip
import http.client
import json
import socket
import struct
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import grpc
import pytest
from grpc_health.v1.health import HealthServicer
from grpc_health.v1.health_pb2 import HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import add_HealthServicer_to_server

from facesvc.v1 import face_service_pb2
from facesvc.v1.face_service_pb2_grpc import (
    FaceServiceServicer,
    FaceServiceStub,
    add_FaceServiceServicer_to_server,
)
from gateway.settings import GatewaySettings
from harness.ports import free_ports
from tests.gateway.conftest import SERVER_THREADS, Faked, wait_for_service
from tests.gateway.rest import JSON
from tests.gateway.stack import ROOT, envoy_before

ANNA = base64.b64encode(b"anna").decode()
PAGE = "https://app.example"


def test_native_grpc_passes_unchanged(channel: grpc.Channel) -> None:
    """Calls, and errors with their status and not with JSON."""
    faces = FaceServiceStub(channel)
    request = face_service_pb2.EmbedRequest(image=b"anna")
    assert len(faces.Embed(request).embedding) == 512
    with pytest.raises(grpc.RpcError) as caught:
        faces.Embed(face_service_pb2.EmbedRequest())
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert "{" not in caught.value.details()


def test_streams_are_not_collected_on_the_way(channel: grpc.Channel) -> None:
    """The first answer comes while the caller has not yet said everything."""
    first_answer = threading.Event()

    def requests() -> Iterator[face_service_pb2.StreamEmbedRequest]:
        yield face_service_pb2.StreamEmbedRequest(item_id="first", image=b"anna")
        in_time = first_answer.wait(10)
        yield face_service_pb2.StreamEmbedRequest(item_id=f"in time: {in_time}", image=b"anna")

    answers = FaceServiceStub(channel).StreamEmbed(requests(), timeout=20)
    assert next(answers).item_id == "first"
    first_answer.set()
    assert [answer.item_id for answer in answers] == ["in time: True"]


def test_a_native_call_to_a_server_that_is_down_keeps_its_grpc_status(tmp_path: Path) -> None:
    """The JSON of Envoy's own answers is for REST only."""
    (nobody,) = free_ports(1)
    with (
        envoy_before(nobody, tmp_path) as rest,
        grpc.insecure_channel(f"127.0.0.1:{rest.port}") as channel,
        pytest.raises(grpc.RpcError) as caught,
    ):
        FaceServiceStub(channel).GetHealth(face_service_pb2.GetHealthRequest(), timeout=10)
    assert caught.value.code() == grpc.StatusCode.UNAVAILABLE
    assert "{" not in caught.value.details()


def test_grpc_web_is_served(faked: Faked) -> None:
    """A browser's gRPC call over HTTP/1.1 gets a message and its trailers."""
    message = face_service_pb2.EmbedRequest(image=b"anna").SerializeToString()
    connection = http.client.HTTPConnection("127.0.0.1", faked.rest.port, timeout=20)
    connection.request(
        "POST",
        "/facesvc.v1.FaceService/Embed",
        b"\0" + struct.pack(">I", len(message)) + message,
        {"content-type": "application/grpc-web+proto", "x-grpc-web": "1"},
    )
    body = connection.getresponse().read()
    connection.close()
    (length,) = struct.unpack(">I", body[1:5])
    answer = face_service_pb2.EmbedResponse.FromString(body[5 : 5 + length])
    assert len(answer.embedding) == 512
    assert b"grpc-status:0" in body[5 + length :]


@pytest.mark.parametrize("user_id", ["a/b", "a b", "a+b", "ä@b.example", "100%", "?q=1", ".."])
def test_a_user_id_with_any_letter_has_a_path(faked: Faked, user_id: str) -> None:
    """Percent-encoded in the path, it arrives as it was enrolled."""
    assert faked.rest.post("/enroll", user_id=user_id, image=ANNA).body["success"] is True
    path = "/enroll/" + quote(user_id, safe="")
    assert faked.rest.get(path).body["user_id"] == user_id
    assert faked.rest.delete(path).body["user_id"] == user_id
    assert faked.rest.get(path).status == 404


def test_a_large_answer_is_compressed_when_asked(faked: Faked) -> None:
    """Gzip for who accepts it, plain for who does not."""
    body = json.dumps({"image": ANNA}).encode()
    plain = faked.rest.call("POST", "/embed", body, JSON)
    connection = http.client.HTTPConnection("127.0.0.1", faked.rest.port, timeout=20)
    connection.request("POST", "/embed", body, JSON | {"accept-encoding": "gzip"})
    response = connection.getresponse()
    packed = response.read()
    connection.close()
    assert "content-encoding" not in plain.headers
    assert response.getheader("content-encoding") == "gzip"
    assert len(packed) < len(plain.text)
    assert json.loads(gzip.decompress(packed)) == plain.body


def test_the_callers_request_id_comes_back_once_and_a_missing_one_is_made(faked: Faked) -> None:
    """One header, whoever named the call."""
    mine = faked.rest.call("GET", "/health", headers={"x-request-id": "my-call-2"})
    assert mine.headers["x-request-id"] == "my-call-2"
    assert len(faked.rest.get("/health").headers["x-request-id"]) >= 32


def test_slow_uploads_hold_no_thread_of_the_server(faked: Faked) -> None:
    """More unfinished bodies than the server has threads, and a call is answered at once."""
    lines = ("POST /embed HTTP/1.1", "host: a", "content-type: image/jpeg", "content-length: 1000")
    head = "\r\n".join([*lines, "", ""]).encode()
    with contextlib.ExitStack() as uploads:
        for _ in range(SERVER_THREADS + 4):
            upload = uploads.enter_context(socket.create_connection(("127.0.0.1", faked.rest.port)))
            upload.sendall(head + b"anna")
        time.sleep(0.3)
        answer = dataclasses.replace(faked.rest, timeout_s=5).post("/embed", image=ANNA)
    assert answer.status == 200


def test_a_call_that_the_server_saw_is_not_tried_again(tmp_path: Path) -> None:
    """UNAVAILABLE from the server itself: it may have acted. Nor may the caller ask for it."""
    seen = []

    class Away(FaceServiceServicer):
        def Embed(self, request: object, context: grpc.ServicerContext) -> None:  # noqa: N802 - the RPC's name
            seen.append(request)
            context.abort(grpc.StatusCode.UNAVAILABLE, "away")

    server = grpc.server(ThreadPoolExecutor(2), options=(("grpc.so_reuseport", 0),))
    health = HealthServicer()
    add_HealthServicer_to_server(health, server)
    add_FaceServiceServicer_to_server(Away(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    health.set("", HealthCheckResponse.SERVING)
    server.start()
    wish = {"x-envoy-retry-grpc-on": "unavailable", "x-envoy-max-retries": "3"}
    with envoy_before(port, tmp_path) as rest:
        deadline = time.monotonic() + 10
        while rest.get("/health").status == 503:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert rest.call("POST", "/embed", b"{}", JSON | wish).status == 503
    server.stop(None)
    assert len(seen) == 1


def test_a_server_gets_calls_only_while_it_says_serving(tmp_path: Path) -> None:
    """503 before, the server's own answer soon after."""
    server = grpc.server(ThreadPoolExecutor(2), options=(("grpc.so_reuseport", 0),))
    health = HealthServicer()
    add_HealthServicer_to_server(health, server)
    port = server.add_insecure_port("127.0.0.1:0")
    health.set("", HealthCheckResponse.NOT_SERVING)
    server.start()
    with envoy_before(port, tmp_path) as rest:
        time.sleep(1)
        before = rest.get("/health")
        health.set("", HealthCheckResponse.SERVING)
        deadline = time.monotonic() + 10
        while rest.get("/health").status == 503:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        after = rest.get("/health")
    server.stop(None)
    assert (before.status, before.reason) == (503, "SERVICE_UNAVAILABLE")
    assert after.status == 501, "this server has no FaceService, and Envoy asked it"


def test_browsers_of_named_origins_may_call_and_others_not(faked: Faked, tmp_path: Path) -> None:
    """CORS_ORIGINS decides; by default nobody may."""
    preflight = {"origin": PAGE, "access-control-request-method": "POST"}
    refused = faked.rest.call("OPTIONS", "/embed", headers=preflight)
    assert "access-control-allow-origin" not in refused.headers
    with envoy_before(faked.grpc_port, tmp_path, GatewaySettings(cors_origins=(PAGE,))) as rest:
        allowed = rest.call("OPTIONS", "/embed", headers=preflight)
        assert allowed.status == 200
        assert allowed.headers["access-control-allow-origin"] == PAGE
        assert "POST" in allowed.headers["access-control-allow-methods"]
        other = rest.call("OPTIONS", "/embed", headers=preflight | {"origin": "https://b.example"})
        assert "access-control-allow-origin" not in other.headers


def test_metrics_count_rest_calls_by_method_and_nothing_can_be_changed(
    faked: Faked, tmp_path: Path
) -> None:
    """Prometheus text by RPC; the rest of Envoy's administration is closed."""
    with envoy_before(faked.grpc_port, tmp_path) as rest:
        wait_for_service(rest)
        rest.post("/embed", image=ANNA)
        host, _, port = (tmp_path / "admin").read_text().rpartition(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=10)
        connection.request("GET", "/stats/prometheus")
        text = connection.getresponse().read().decode()
        connection.request("POST", "/quitquitquit")
        closed = connection.getresponse().status
        connection.close()
    assert "envoy_cluster_grpc_FaceService_Embed_success" in text
    assert closed == 403


def test_the_gateway_describes_itself(faked: Faked) -> None:
    """GET /openapi.yaml is the file of the repository."""
    answer = faked.rest.get("/openapi.yaml")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/yaml"
    assert answer.text == (ROOT / "gateway" / "openapi.yaml").read_text()
    assert faked.rest.post("/openapi.yaml").reason == "UNKNOWN_PATH"


def test_the_access_log_names_the_call_and_no_person(faked: Faked, tmp_path: Path) -> None:
    """JSON lines with the RPC, the status and the request id; no paths, no query strings."""
    with envoy_before(faked.grpc_port, tmp_path) as rest:
        wait_for_service(rest)
        rest.call(
            "GET", "/enroll/secret-person?collection=secret-place", headers={"x-request-id": "r1"}
        )
    log = (tmp_path / "envoy.log").read_text()
    lines = [json.loads(line) for line in log.splitlines() if '"gateway"' in line]
    (line,) = [line for line in lines if line["request_id"] == "r1"]
    assert line["rpc"] == "/facesvc.v1.GalleryService/GetEnrollment"
    assert (line["status"], line["grpc_status"]) == (404, "NOT_FOUND")
    assert "secret" not in log
