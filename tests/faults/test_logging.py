"""Logging must not stop or slow the service."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import grpc

from facesvc.v1 import face_service_pb2 as face
from facesvc.v1 import gallery_service_pb2 as gallery
from facesvc.v1.face_service_pb2_grpc import FaceServiceStub
from facesvc.v1.gallery_service_pb2_grpc import GalleryServiceStub
from harness.figures import record
from tests.faults.served import served

CALLS = 5000
WRONG_KEYS = 600


def test_stderr_that_nobody_reads_stops_no_call() -> None:
    """A pipe holds some 255 lines; a log collector that hangs must not take the service along."""
    failed = 0
    with served(stderr=subprocess.PIPE) as server, grpc.insecure_channel(server.target) as channel:
        stub = GalleryServiceStub(channel)
        for _ in range(CALLS):
            try:
                stub.ListGallery(gallery.ListGalleryRequest(), timeout=5)
            except grpc.RpcError:
                failed += 1
                assert failed < 10, "calls hang"
    assert failed == 0
    record("unread_stderr", f"{CALLS} calls: {failed} failed")


def test_refusals_leave_few_lines(tmp_path: Path) -> None:
    """A caller with a wrong key cannot fill the disk; what has no line is counted."""
    keys = tmp_path / "keys.toml"
    keys.write_text("keys = []\n")
    log = tmp_path / "log"
    with (
        log.open("wb") as written,
        served(stderr=written, API_KEYS_FILE=str(keys)) as server,
        grpc.insecure_channel(server.target) as channel,
    ):
        stub = FaceServiceStub(channel)
        request = face.EmbedRequest(image=b"x")
        calls = [
            stub.Embed.future(request, metadata=[("x-api-key", "wrong")]) for _ in range(WRONG_KEYS)
        ]
        codes = {call.code() for call in calls}
        stub.GetHealth(face.GetHealthRequest())
    assert codes == {grpc.StatusCode.UNAUTHENTICATED}
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    refused = [line for line in lines if line.get("code") == "UNAUTHENTICATED"]
    assert 1 <= len(refused) <= 10
    record("refusal_lines", f"{WRONG_KEYS} refusals: {len(refused)} lines")
