"""The real server with its admission, over an engine that takes a fixed time and no core.

So that a test of the queue measures the queue, whatever else the machine does. PACE_MS is the time
of a detection; two calls compute at a time.
"""

from __future__ import annotations

import gc
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from facesvc.admission.permit_gate import PermitGate
from facesvc.application.detect_faces import DetectFaces
from facesvc.application.find_faces import FaceFinder
from facesvc.application.images import ImageLoader
from facesvc.application.ports.engine import PackInfo
from facesvc.bootstrap.servicers import build_servicers
from facesvc.domain.faces import DetectedFace
from facesvc.domain.photo import Photo
from facesvc.log import configure_logging
from facesvc.stop import Stop
from facesvc.transport.server import build_server, end_process
from tests.contract.conftest import RULES
from tests.fake_gallery import FakeGallery
from tests.fakes import FakeDecoder, FakeEngine, FakeSource

PERMITS, MAX_WAITING, THREADS = 2, 64, 130
MAX_BYTES = 10 * 2**20


class PacedEngine(FakeEngine):
    """Finds what the fake finds, after a while."""

    def detect(self, photo: Photo) -> list[DetectedFace]:
        time.sleep(float(os.environ.get("PACE_MS", "40")) / 1000)
        return super().detect(photo)


class FirstLine(FakeDecoder):
    """The photo is the first line, so that it may be as large as a real one."""

    def decode(self, data: bytes) -> Photo:
        return super().decode(data.partition(b"\n")[0])


def main() -> None:
    """Serve GRPC_PORT until SIGTERM."""
    configure_logging("INFO", "json")
    gate, stop = PermitGate(PERMITS, MAX_WAITING), Stop((signal.SIGTERM,))
    rules = replace(RULES, max_batch_size=64, in_flight=4, fetch_ahead=8)
    pack = PackInfo("fake", "none", "detector", "digest", 512, "CPU")
    with ThreadPoolExecutor(20) as workers:
        engine = PacedEngine()
        loader = ImageLoader(FakeSource(), MAX_BYTES, workers)
        detect_faces = DetectFaces(loader, FirstLine(), FaceFinder(engine), gate)
        servicers = build_servicers(detect_faces, engine, FakeGallery(), pack, workers, rules)
        server = build_server(
            servicers,
            address=f"127.0.0.1:{os.environ['GRPC_PORT']}",
            threads=THREADS,
            serve_reflection=False,
            check_admission=gate.check,
            gateway_secret=os.environ.get("GATEWAY_SECRET", ""),
        )
        gc.collect()
        gc.freeze()  # as facesvc.serve does: a full collection would stop every call for 30 ms
        server.start()
        stop.wait()
        server.drain(
            float(os.environ.get("DRAIN_S", "10")), float(os.environ.get("LAME_DUCK_S", "0"))
        )
    end_process()


if __name__ == "__main__":
    main()
