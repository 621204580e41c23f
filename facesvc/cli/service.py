"""The service that the command line talks to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import grpc

from facesvc.cli.api_key import with_key
from facesvc.v1 import face_service_pb2
from facesvc.v1.face_service_pb2_grpc import FaceServiceStub
from facesvc.v1.gallery_service_pb2_grpc import GalleryServiceStub

MAX_MESSAGE_BYTES = 128 * 1024 * 1024  # as the server's
ANSWER_S = 3.0  # in which a service that is there says how it is


@dataclass(frozen=True)
class Service:
    """Its address and stubs."""

    address: str
    faces: FaceServiceStub
    gallery: GalleryServiceStub

    def health(self) -> face_service_pb2.GetHealthResponse:
        """Return how the service is, or raise grpc.RpcError within seconds."""
        request = face_service_pb2.GetHealthRequest()
        answer: face_service_pb2.GetHealthResponse = self.faces.GetHealth(request, timeout=ANSWER_S)
        return answer


@contextmanager
def connect(address: str, api_key: str) -> Iterator[Service]:
    """Yield the service at host:port; nothing is sent before the first call."""
    limit = ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES)
    with grpc.insecure_channel(address, options=(limit,)) as channel:
        keyed = with_key(channel, api_key)
        yield Service(
            address,
            FaceServiceStub(keyed),  # type: ignore[no-untyped-call] # generated
            GalleryServiceStub(keyed),  # type: ignore[no-untyped-call] # generated
        )
