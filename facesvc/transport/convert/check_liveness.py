"""CheckLiveness."""

from __future__ import annotations

from facesvc.application.detect_faces import ObservedFace
from facesvc.domain.liveness import Liveness
from facesvc.transport.convert.answers import liveness_fields, to_location
from facesvc.v1 import face_service_pb2 as pb


def to_response(answer: tuple[Liveness, ObservedFace]) -> pb.CheckLivenessResponse:
    """Answer CheckLiveness."""
    liveness, observed = answer
    return pb.CheckLivenessResponse(
        **liveness_fields(liveness),
        faces_detected=observed.faces_detected,
        face=to_location(observed),
    )
