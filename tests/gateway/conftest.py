"""Fixtures of the gateway's tests."""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import cv2
import grpc
import numpy as np
import pytest

from facesvc.application.ports.engine import PackInfo
from facesvc.bootstrap.servicers import ServiceRules, build_servicers
from facesvc.domain.operating_point import ThresholdRule
from facesvc.transport.server import build_server
from tests.fake_gallery import FakeGallery
from tests.fakes import IMPOSTORS, FakeEngine, FakeSource, fake_detect_faces
from tests.gateway.rest import Rest
from tests.gateway.stack import ROOT, Stack, envoy_before, running

SAMPLES = ROOT / "data" / "samples"
SERVER_THREADS = 16


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole service with the compact pack, as make run starts it, that may fetch locally."""
    with running(tmp_path_factory.mktemp("stack"), IMAGE_URL_ALLOW="127.0.0.1") as stack:
        yield stack


class _Photos(SimpleHTTPRequestHandler):
    """Serves the sample photos, and one without a face."""

    def do_GET(self) -> None:
        if self.path == "/no_face.png":
            self.send_response(200)
            self.send_header("content-type", "image/png")
            self.end_headers()
            self.wfile.write(grey_png())
        else:
            super().do_GET()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture(scope="session")
def link() -> Iterator[Callable[[str], str]]:
    """Return the URL of a sample photo on a web server of this test run."""
    handler = functools.partial(_Photos, directory=str(SAMPLES))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield lambda name: f"http://127.0.0.1:{server.server_port}/{name}"
        server.shutdown()


def grey_png() -> bytes:
    """Return a photo of nobody."""
    pixels = np.linspace(60, 200, 320 * 240).reshape(240, 320).astype(np.uint8)
    coded, data = cv2.imencode(".png", pixels)
    assert coded
    return data.tobytes()


@dataclass
class Faked:
    """The real transport over fakes, behind the real Envoy."""

    rest: Rest
    source: FakeSource
    stored: FakeGallery
    grpc_port: int


@pytest.fixture(scope="session")
def faked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Faked]:
    """A server whose image source and gallery do what a test tells them."""
    source, stored = FakeSource(), FakeGallery()
    rules = ServiceRules(
        "1.2.3",
        ThresholdRule(0.45, IMPOSTORS),
        0.3,
        640,
        max_batch_size=3,
        in_flight=2,
        fetch_ahead=4,
    )
    pack = PackInfo("fake", "none", "detector", "digest", 512, "CPU")
    with ThreadPoolExecutor(4) as workers:
        detect_faces = fake_detect_faces(source, workers)
        servicers = build_servicers(detect_faces, FakeEngine(), stored, pack, workers, rules)
        server = build_server(
            servicers, address="127.0.0.1:0", threads=SERVER_THREADS, serve_reflection=True
        )
        server.start()
        with envoy_before(server.port, tmp_path_factory.mktemp("faked")) as rest:
            wait_for_service(rest)
            yield Faked(rest, source, stored, server.port)
        server.close(1.0)


def wait_for_service(rest: Rest, timeout_s: float = 20.0) -> None:
    """Wait until Envoy has seen the server's health."""
    deadline = time.monotonic() + timeout_s
    while rest.get("/health").status != 200:
        assert time.monotonic() < deadline, "Envoy does not find the server"
        time.sleep(0.05)


@pytest.fixture
def channel(faked: Faked) -> Iterator[grpc.Channel]:
    """Native gRPC through the gateway."""
    with grpc.insecure_channel(f"127.0.0.1:{faked.rest.port}") as channel:
        yield channel
