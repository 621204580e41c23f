"""The intake's promises through the running service."""

from __future__ import annotations

import base64
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest

from facesvc.domain.faces import DetectedFace
from facesvc.domain.photo import Photo
from facesvc.engine.engine import OnnxFaceEngine
from facesvc.v1 import face_service_pb2 as face
from facesvc.v1 import gallery_service_pb2 as gallery
from facesvc.v1.face_service_pb2_grpc import FaceServiceStub
from facesvc.v1.gallery_service_pb2_grpc import GalleryServiceStub
from harness.figures import record
from harness.ports import free_ports
from tests.contract.expect import failure
from tests.faults.intake.conftest import ROOT, SAMPLES
from tests.faults.intake.hostile_images import hostile_images
from tests.intake_servers import answer, hang, raw, serving
from tests.integration.conftest import Live, live_service

CANARY = "kanarienvogel"
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def service() -> Iterator[Live]:
    """A service in this process that may fetch from loopback."""
    with live_service(image_url_allow="127.0.0.0/8") as live:
        yield live


@pytest.fixture
def detections(monkeypatch: pytest.MonkeyPatch) -> list[Photo]:
    """The photos that the detector is run on from here on."""
    seen: list[Photo] = []
    plain = OnnxFaceEngine.detect

    def counted(self: OnnxFaceEngine, photo: Photo) -> list[DetectedFace]:
        seen.append(photo)
        return plain(self, photo)

    monkeypatch.setattr(OnnxFaceEngine, "detect", counted)
    return seen


def test_cancelled_call_closes_its_fetch(service: Live, detections: list[Photo]) -> None:
    """The image's server sees the caller go."""
    waits = []
    for _ in range(5):
        with serving(hang) as server:
            call = service.faces.Embed.future(face.EmbedRequest(image_url=server.url()))
            assert server.asked.wait(5)
            cancelled = time.monotonic()
            call.cancel()
            assert server.hung_up.wait(2)
            waits.append((time.monotonic() - cancelled) * 1000)
    assert max(waits) < 200
    assert detections == []
    record("cancelled_service", f"socket closed {max(waits):.0f} ms after the client's cancel")


def test_expired_calls_compute_nothing(service: Live, detections: list[Photo]) -> None:
    """A photo that arrives after the deadline is not looked at."""
    photo = (SAMPLES / "emmanuel_macron" / "1.jpg").read_bytes()

    def late(client: socket.socket, request: bytes) -> None:
        time.sleep(0.4)
        answer(photo)(client, request)

    with serving(late) as server, ThreadPoolExecutor(20) as threads:
        request = face.EmbedRequest(image_url=server.url())

        def ask(_: int) -> Any:
            with pytest.raises(grpc.RpcError) as expired:
                service.faces.Embed(request, timeout=0.2)
            return expired.value.code()

        codes = set(threads.map(ask, range(20)))
        time.sleep(0.5)
        assert detections == []
        assert codes == {grpc.StatusCode.DEADLINE_EXCEEDED}
        service.faces.Embed(request, timeout=20)
    assert len(detections) == 1
    record("expired", "20 calls that expired in a fetch: 0 inferences")


def test_hostile_images_are_answered_not_internal(service: Live) -> None:
    """Through the service a lying file is INVALID_ARGUMENT with a reason of its own."""
    reasons = set()
    images = {name: data for name, data in hostile_images().items() if data}
    for data in images.values():
        refused = failure(lambda data=data: service.faces.Embed(face.EmbedRequest(image=data)))  # type: ignore[misc]
        assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
        assert refused.fields == ["image"]
        reasons.add(refused.reason)
    assert reasons == {"IMAGE_TOO_LARGE", "IMAGE_UNSUPPORTED", "IMAGE_UNDECODABLE"}
    record("images_service", f"{len(images)} hostile files: INVALID_ARGUMENT, 0 INTERNAL")


def test_failed_fetches_name_the_field_and_the_cause(service: Live) -> None:
    """IMAGE_FETCH_FAILED is FAILED_PRECONDITION with the server's status."""
    with serving(raw(b"HTTP/1.1 404 Not Found\r\n\r\n")) as server:
        request = face.CompareRequest(image_url_1=server.url(), image_2=b"x")
        failed = failure(lambda: service.faces.Compare(request))
    assert failed.code is grpc.StatusCode.FAILED_PRECONDITION
    assert (failed.reason, failed.fields) == ("IMAGE_FETCH_FAILED", ["image_url_1"])
    assert failed.metadata["status"] == "404"


@dataclass
class Outside:
    """A service with its gateway, seen from outside."""

    rest_port: int
    grpc_port: int

    def post(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.rest_port, timeout=60)
        connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, json.loads(response.read())


@contextmanager
def outside(log: Path, **settings: str) -> Iterator[Outside]:
    """Run gRPC server and Envoy as make run does, every log line into a file."""
    ports = Outside(*free_ports(2))
    environment = {
        **os.environ,
        **settings,
        "PORT": str(ports.rest_port),
        "GRPC_PORT": str(ports.grpc_port),
        "GATEWAY_ADMIN_PORT": "0",
        "MODEL_ROOT": str(ROOT / "models"),
        "GALLERY_PATH": ":memory:",
    }
    with log.open("ab") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway.run"], cwd=ROOT, env=environment, stderr=file
        )
    try:
        deadline = time.monotonic() + 90
        while f"http://127.0.0.1:{ports.rest_port}" not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        yield ports
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def test_no_personal_data_reaches_the_logs(tmp_path: Path) -> None:
    """Whatever is sent in URLs, names and metadata, by either protocol, no log line holds it."""
    photo = (SAMPLES / "emmanuel_macron" / "1.jpg").read_bytes()
    encoded = base64.b64encode(photo).decode()
    log = tmp_path / "service.log"
    person = {"name": f"Mr {CANARY}", "metadata": {CANARY: CANARY, "list": [CANARY]}}
    with (
        outside(log, LOG_LEVEL="DEBUG", IMAGE_URL_ALLOW="127.0.0.0/8") as service,
        serving(answer(photo)) as good,
        serving(raw(b"HTTP/1.1 404 Not Found\r\n\r\n")) as missing,
        serving(answer(b"no image " + CANARY.encode())) as junk,
        grpc.insecure_channel(f"127.0.0.1:{service.grpc_port}") as channel,
    ):
        path = f"/{CANARY}/a.jpg?token={CANARY}&x=%2F{CANARY}#{CANARY}"
        urls = [good.url(path), missing.url(path), junk.url(path)]
        urls += [f"http://{CANARY}:{CANARY}@127.0.0.1/", f"http://127.1{path}", f"ftp://a{path}"]
        urls += [f"http://{CANARY}.invalid{path}", f"http://{CANARY}\\x/", f"{CANARY}"]
        faces, people = FaceServiceStub(channel), GalleryServiceStub(channel)
        for url in urls:
            service.post("/embed", {"image_url": url})
            service.post("/compare", {"image_url_1": url, "image_url_2": url})
            service.post("/batch/embed", {"image_urls": [url]})
            service.post("/enroll", {"user_id": "u1", "image_url": url, **person})
            for ask in (
                lambda url=url: faces.Embed(face.EmbedRequest(image_url=url), timeout=20),
                lambda url=url: people.Enroll(
                    gallery.EnrollRequest(user_id="u2", image_url=url, name=f"Mr {CANARY}"),
                    timeout=20,
                ),
            ):
                with pytest.raises(grpc.RpcError) if url != urls[0] else _nothing():
                    ask()
        status, enrolled = service.post("/enroll", {"user_id": "u3", "image": encoded, **person})
        assert (status, enrolled["success"]) == (200, True)
        service.post("/enroll", {"user_id": "u4", "image": encoded, "name": f"{CANARY}\x00"})
        service.post("/enroll", {"user_id": "u5", "image": encoded, "mode": CANARY})
        status, found = service.post("/search", {"image": encoded})
        assert CANARY in json.dumps(found)
        oversized = base64.b64encode(photo + bytes(20 * MIB)).decode()
        status, refused = service.post("/embed", {"image": oversized})
        assert status == 400
        assert "IMAGE_TOO_LARGE" in json.dumps(refused)
        over = failure(lambda: faces.Embed(face.EmbedRequest(image=photo + bytes(20 * MIB))))
        assert over.reason == "IMAGE_TOO_LARGE"
    lines = log.read_text()
    assert '"image fetched"' in lines
    assert "/facesvc.v1.GalleryService/Enroll" in lines
    assert CANARY not in lines.lower()
    record("canary", f"{len(lines.splitlines())} log lines at DEBUG: 0 hits")
    record("oversized", "20 MiB: IMAGE_TOO_LARGE by gRPC and, 400, by REST")


@contextmanager
def _nothing() -> Iterator[None]:
    yield
