"""Analyze."""

from __future__ import annotations

from facesvc.application.analyze import AnalyzedFace
from facesvc.transport.convert.answers import box_of, to_liveness, to_quality
from facesvc.v1 import face_service_pb2 as pb


def to_response(faces: list[AnalyzedFace]) -> pb.AnalyzeResponse:
    """Answer Analyze."""
    return pb.AnalyzeResponse(
        faces_detected=len(faces), faces=[_to_analyzed_face(each) for each in faces]
    )


def _to_analyzed_face(analyzed: AnalyzedFace) -> pb.AnalyzedFace:
    observed = analyzed.observed
    return pb.AnalyzedFace(
        bbox=box_of(observed),
        detection_score=observed.face.confidence,
        quality=to_quality(observed.quality),
        age=analyzed.attributes.age,
        gender=analyzed.attributes.gender,
        liveness=to_liveness(analyzed.liveness),
        landmarks=observed.face.landmarks.ravel().tolist(),
    )
