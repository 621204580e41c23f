"""Signals that end the server while it computes: how it ends, however many come."""

from __future__ import annotations

import os
import random
import signal
import threading
import time

import grpc
import pytest

from facesvc.v1 import face_service_pb2 as face
from facesvc.v1 import gallery_service_pb2 as gallery
from facesvc.v1.face_service_pb2_grpc import FaceServiceStub
from facesvc.v1.gallery_service_pb2_grpc import GalleryServiceStub
from harness.figures import report
from tests.faults.served import ROOT, Served, served

PHOTO = ROOT / "data" / "samples" / "emmanuel_macron" / "1.jpg"
CALLERS = 4
ENDS_WITHIN_S = 30.0
TERM, INT = signal.SIGTERM, signal.SIGINT
SEQUENCES = ((TERM,), (INT,), (TERM, INT), (INT, INT), (TERM, INT) * 10)
STARTS = int(os.environ.get("FACESVC_TEST_STARTS", "1"))  # with each of them


def call_until(ended: threading.Event, answered: threading.Event, server: Served) -> None:
    """Enrol, analyse and stream until the server is gone."""
    photo = PHOTO.read_bytes()
    with grpc.insecure_channel(server.target) as channel:
        faces, people = FaceServiceStub(channel), GalleryServiceStub(channel)
        while not ended.is_set():
            try:
                faces.Analyze(face.AnalyzeRequest(image=photo), timeout=20)
                people.Enroll(gallery.EnrollRequest(user_id="ada", image=photo), timeout=20)
                item = face.StreamEmbedRequest(item_id="1", image=photo)
                assert len(list(faces.StreamEmbed(iter([item] * 4), timeout=20))) == 4
                answered.set()
            except grpc.RpcError:
                time.sleep(0.02)


@pytest.mark.timeout(60 + 60 * len(SEQUENCES) * STARTS)
def test_server_under_load_ends_with_status_0() -> None:
    """It neither crashes nor hangs, with real models and calls in progress."""
    starts = len(SEQUENCES) * STARTS
    for start in range(starts):
        with served(DRAIN_S="3") as server:
            ended, answered = threading.Event(), threading.Event()
            callers = [
                threading.Thread(target=call_until, args=(ended, answered, server))
                for _ in range(CALLERS)
            ]
            for caller in callers:
                caller.start()
            assert answered.wait(60)
            time.sleep(random.Random(start).uniform(0.0, 0.5))
            for number in SEQUENCES[start % len(SEQUENCES)]:
                server.process.send_signal(number)
            try:
                assert server.process.wait(ENDS_WITHIN_S) == 0
            finally:
                ended.set()
                for caller in callers:
                    caller.join()
    report("signals", starts=starts, crashed=0, hung=0)
