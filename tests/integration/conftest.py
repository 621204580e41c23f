"""The service as bootstrap builds it: real models, real photos, a real gallery file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest

from facesvc.bootstrap.service import bootstrap
from facesvc.settings import Settings
from facesvc.v1.face_service_pb2_grpc import FaceServiceStub
from facesvc.v1.gallery_service_pb2_grpc import GalleryServiceStub

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "data" / "samples"


@dataclass
class Live:
    """Stubs of a running service."""

    address: str
    channel: grpc.Channel
    faces: FaceServiceStub
    gallery: GalleryServiceStub


@contextmanager
def live_service(**settings: Any) -> Iterator[Live]:
    """Run the service in this process on a free port of the loopback interface."""
    values = {
        "model_root": ROOT / "models",
        "gallery_path": ":memory:",
        "metrics_port": 0,
        **settings,
    }
    # A fixed port of 0 is no valid setting; the server's own choice is what a test wants.
    chosen = Settings.model_construct(**{**Settings(**values).model_dump(), "grpc_port": 0})
    with bootstrap(chosen) as service:
        service.server.start()
        limit = ("grpc.max_receive_message_length", 64 * 1024 * 1024)
        address = f"127.0.0.1:{service.server.port}"
        with grpc.insecure_channel(address, options=(limit,)) as channel:
            yield Live(address, channel, FaceServiceStub(channel), GalleryServiceStub(channel))
        service.server.close(1.0)


@pytest.fixture(scope="session")
def shared_service() -> Iterator[Live]:
    """One service for the tests that ask about photos only."""
    with live_service() as live:
        yield live


@pytest.fixture(scope="session")
def photo() -> Callable[[str], bytes]:
    """Read a sample photo by its path below data/samples."""

    def read(name: str) -> bytes:
        return (SAMPLES / name).read_bytes()

    return read
