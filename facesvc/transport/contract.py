"""What the contract says of its calls: their names, their REST paths, who may make them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from google.api import annotations_pb2

from facesvc.v1 import access_pb2, event_service_pb2, face_service_pb2, gallery_service_pb2

_SERVICES = (
    face_service_pb2.DESCRIPTOR.services_by_name["FaceService"],
    gallery_service_pb2.DESCRIPTOR.services_by_name["GalleryService"],
    event_service_pb2.DESCRIPTOR.services_by_name["EventService"],
)
SERVICES = tuple(service.full_name for service in _SERVICES)
_VERBS = ("get", "put", "post", "delete", "patch")


@dataclass(frozen=True)
class Method:
    """One call. ``path`` is gRPC's, ``rest`` the verb and path of REST, "" when it has none."""

    service: str
    name: str
    path: str
    rest: str
    access: access_pb2.Access
    descriptor: Any


def methods() -> Iterator[Method]:
    """Yield every call of the contract, in its order."""
    for service in _SERVICES:
        for method in service.methods:
            options = method.GetOptions()
            rule = options.Extensions[annotations_pb2.http]
            rest = [f"{verb.upper()} {path}" for verb in _VERBS if (path := getattr(rule, verb))]
            yield Method(
                service.full_name,
                method.name,
                f"/{service.full_name}/{method.name}",
                next(iter(rest), ""),
                options.Extensions[access_pb2.access],  # type: ignore[index] # generated as a field
                method,
            )
