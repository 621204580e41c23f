"""The real gRPC server in process, over fakes."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import grpc
import pytest

from facesvc.application.ports.engine import PackInfo
from facesvc.application.sightings import Sightings
from facesvc.audit.trail import Trail
from facesvc.bootstrap.servicers import ServiceRules, build_servicers
from facesvc.domain.operating_point import ThresholdRule
from facesvc.transport.arrival.unread import UnreadLimits
from facesvc.transport.authentication.interceptor import Callers
from facesvc.transport.connections import ConnectionPolicy
from facesvc.transport.server import FaceServer, build_server
from facesvc.v1.face_service_pb2_grpc import FaceServiceStub
from facesvc.v1.gallery_service_pb2_grpc import GalleryServiceStub
from tests.fake_gallery import FakeGallery
from tests.fakes import GENUINE, IMPOSTORS, FakeEngine, FakeSource, fake_detect_faces

RULES = ServiceRules(
    "1.2.3",
    ThresholdRule(0.45, IMPOSTORS, genuine=GENUINE),
    0.3,
    640,
    max_batch_size=3,
    in_flight=2,
    fetch_ahead=4,
)
THREADS = 8
CALLS_OF_ONE = 5  # of these one connection may have, and of the half as many streams
STREAMS_OF_ONE = 3
GATEWAY_SECRET = "of the tests"
CONNECTIONS = ConnectionPolicy(unread=UnreadLimits(calls=32, seconds=1.0))
PACK = PackInfo("fake", "none", "detector", "digest", 512, "CPU")


def as_peer(address: str) -> list[tuple[str, str]]:
    """Return the headers by which the gateway says for whom it calls."""
    return [("x-facesvc-gateway", GATEWAY_SECRET), ("x-facesvc-peer", address)]


@dataclass
class InProcess:
    """A running server, its stubs, and the fakes behind it."""

    server: FaceServer
    channel: grpc.Channel
    faces: FaceServiceStub
    gallery: GalleryServiceStub
    source: FakeSource
    stored: FakeGallery
    sightings: Sightings


@pytest.fixture
def service() -> Iterator[InProcess]:
    """A server on a free port of the loopback interface."""
    with serving() as running:
        yield running


@contextmanager
def serving(
    callers: Callers | None = None,
    trail: Trail | None = None,
    connections: ConnectionPolicy = CONNECTIONS,
    rules: ServiceRules | None = None,
) -> Iterator[InProcess]:
    """Run a server that lets in everyone, or the callers only."""
    source, stored = FakeSource(), FakeGallery()
    with ThreadPoolExecutor(4) as workers:
        detect_faces = fake_detect_faces(source, workers)
        sightings = Sightings(stored)
        servicers = build_servicers(
            detect_faces, FakeEngine(), stored, PACK, workers, rules or RULES, sightings
        )
        server = build_server(
            servicers,
            address="127.0.0.1:0",
            threads=THREADS,
            serve_reflection=True,
            callers=callers,
            trail=trail,
            connections=connections,
            gateway_secret=GATEWAY_SECRET,
        )
        server.start()
        with grpc.insecure_channel(f"127.0.0.1:{server.port}") as channel:
            yield InProcess(
                server,
                channel,
                FaceServiceStub(channel),
                GalleryServiceStub(channel),
                source,
                stored,
                sightings,
            )
        server.close(1.0)
