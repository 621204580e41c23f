"""Analyze."""

from __future__ import annotations

from facesvc.application.analyze import DEFAULT_FEATURES, AnalyzedFace, Feature
from facesvc.domain.errors import InvalidFieldError
from facesvc.transport.convert.answers import box_of, pack_embedding, to_liveness, to_quality
from facesvc.v1 import face_service_pb2 as pb


def features_of(request: pb.AnalyzeRequest) -> frozenset[Feature]:
    """Return what is asked of each face. Raises InvalidFieldError."""
    known = pb.AnalyzeRequest.Feature
    for value in request.features:
        if value not in known.values() or value == pb.AnalyzeRequest.FEATURE_UNSPECIFIED:
            raise InvalidFieldError(
                "features has one that does not exist.", field="features", value=value
            )
    asked = frozenset(Feature[known.Name(value)] for value in request.features)
    return asked or DEFAULT_FEATURES


def to_response(faces: list[AnalyzedFace], encoding: int, model: str) -> pb.AnalyzeResponse:
    """Answer Analyze; the model is told where there are embeddings of it."""
    return pb.AnalyzeResponse(
        faces_detected=len(faces),
        faces=[_to_analyzed_face(each, encoding) for each in faces],
        model=model if any(each.template for each in faces) else "",
    )


def _to_analyzed_face(analyzed: AnalyzedFace, encoding: int) -> pb.AnalyzedFace:
    quality, attributes = analyzed.quality, analyzed.attributes
    template, liveness = analyzed.template, analyzed.liveness
    return pb.AnalyzedFace(
        bbox=box_of(analyzed),
        detection_score=analyzed.face.confidence,
        quality=None if quality is None else to_quality(quality),
        age=0 if attributes is None else attributes.age,
        gender="" if attributes is None else attributes.gender,
        liveness=None if liveness is None else to_liveness(liveness),
        landmarks=analyzed.face.landmarks.ravel().tolist(),
        **({} if template is None else pack_embedding(template.embedding, encoding)),
    )
