"""Embed."""

from __future__ import annotations

from facesvc.application.embedded_face import EmbeddedCrop, EmbeddedFace
from facesvc.transport.convert.answers import embedded_fields
from facesvc.v1 import face_service_pb2 as pb


def to_response(result: EmbeddedFace | EmbeddedCrop, encoding: int, model: str) -> pb.EmbedResponse:
    """Answer Embed."""
    return pb.EmbedResponse(**embedded_fields(result, encoding), model=model)
