"""The servicers of the contract, one a service."""

from __future__ import annotations

from dataclasses import dataclass

import grpc

from facesvc.transport.event_servicer import EventServicer
from facesvc.transport.face_servicer import FaceServicer
from facesvc.transport.gallery_servicer import GalleryServicer
from facesvc.v1 import (
    event_service_pb2_grpc,
    face_service_pb2_grpc,
    gallery_service_pb2_grpc,
)


@dataclass(frozen=True)
class Servicers:
    """What answers the calls."""

    faces: FaceServicer
    gallery: GalleryServicer
    events: EventServicer

    def add_to(self, server: grpc.Server) -> None:
        """Have the server call them."""
        add = face_service_pb2_grpc.add_FaceServiceServicer_to_server
        add(self.faces, server)  # type: ignore[no-untyped-call] # generated, as the others
        add = gallery_service_pb2_grpc.add_GalleryServiceServicer_to_server
        add(self.gallery, server)  # type: ignore[no-untyped-call]
        add = event_service_pb2_grpc.add_EventServiceServicer_to_server
        add(self.events, server)  # type: ignore[no-untyped-call]
