"""From the photo use cases' answers to responses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facesvc.application.analyze import AnalyzedFace
from facesvc.application.compare import Comparison
from facesvc.application.detect_faces import ObservedFace
from facesvc.application.embedded_face import EmbeddedFace
from facesvc.application.get_health import Health
from facesvc.application.images import ImageInput
from facesvc.domain.liveness import Liveness
from facesvc.domain.quality import Quality
from facesvc.transport.convert.item_errors import item_status
from facesvc.transport.status import reason_of
from facesvc.v1 import face_service_pb2 as face
from facesvc.v1 import types_pb2 as types


def box_of(observed: ObservedFace) -> list[int]:
    """Round the face's box to whole pixels inside the photo: what a caller can cut out."""
    photo, box = observed.photo, observed.face.box
    return [
        round(min(max(value, 0.0), limit))
        for value, limit in (
            (box.x1, photo.width),
            (box.y1, photo.height),
            (box.x2, photo.width),
            (box.y2, photo.height),
        )
    ]


def to_location(observed: ObservedFace) -> types.FaceLocation:
    """Say which face it is."""
    return types.FaceLocation(
        bbox=box_of(observed),
        detection_score=observed.face.confidence,
        landmarks=observed.face.landmarks.ravel().tolist(),
    )


def to_quality(quality: Quality) -> types.Quality:
    """The fields have the same names."""
    return types.Quality(**vars(quality))


def to_liveness(liveness: Liveness) -> types.Liveness:
    """The fields have the same names."""
    return types.Liveness(**vars(liveness))


def pack_embedding(embedding: NDArray[np.float32], encoding: int) -> dict[str, Any]:
    """Return the response's field that holds the embedding in the asked encoding."""
    if encoding == types.EMBEDDING_ENCODING_FLOAT32:
        return {"embedding_bytes": embedding.astype("<f4").tobytes()}
    if encoding == types.EMBEDDING_ENCODING_FLOAT16:
        return {"embedding_bytes": embedding.astype("<f2").tobytes()}
    return {"embedding": embedding.tolist()}  # a list fills the field 5 times faster


def embedded_fields(result: EmbeddedFace, encoding: int) -> dict[str, Any]:
    """Return the fields that the three embedding responses share."""
    return {
        **pack_embedding(result.embedding, encoding),
        "score": result.observed.face.confidence,
        "faces_detected": result.observed.faces_detected,
        "quality": to_quality(result.observed.quality),
        "face": to_location(result.observed),
    }


def to_embed_response(result: EmbeddedFace, encoding: int, model: str) -> face.EmbedResponse:
    """Answer Embed."""
    return face.EmbedResponse(**embedded_fields(result, encoding), model=model)


def to_batch_response(
    images: Sequence[ImageInput], results: Sequence[EmbeddedFace | Exception], encoding: int
) -> face.BatchEmbedResponse:
    """Answer BatchEmbed."""
    return face.BatchEmbedResponse(
        results=[
            _to_batch_result(index, image.url or "", result, encoding)
            for index, (image, result) in enumerate(zip(images, results, strict=True))
        ]
    )


def _to_batch_result(
    index: int, image_url: str, result: EmbeddedFace | Exception, encoding: int
) -> face.BatchEmbedResult:
    if isinstance(result, Exception):
        return face.BatchEmbedResult(
            index=index,
            image_url=image_url,
            error=item_status(result).message,
            reason=reason_of(result),
        )
    return face.BatchEmbedResult(
        index=index, image_url=image_url, success=True, **embedded_fields(result, encoding)
    )


def to_stream_response(
    item_id: str, result: EmbeddedFace | Exception, encoding: int
) -> face.StreamEmbedResponse:
    """Answer one image of StreamEmbed."""
    if isinstance(result, Exception):
        return face.StreamEmbedResponse(item_id=item_id, error=item_status(result))
    return face.StreamEmbedResponse(
        item_id=item_id, success=True, **embedded_fields(result, encoding)
    )


def to_compare_response(comparison: Comparison) -> face.CompareResponse:
    """Answer Compare."""
    return face.CompareResponse(
        similarity=comparison.similarity,
        match=comparison.match,
        threshold=comparison.threshold,
        quality_1=to_quality(comparison.observed_1.quality),
        quality_2=to_quality(comparison.observed_2.quality),
        face_1=to_location(comparison.observed_1),
        face_2=to_location(comparison.observed_2),
        faces_detected_1=comparison.observed_1.faces_detected,
        faces_detected_2=comparison.observed_2.faces_detected,
    )


def to_liveness_response(answer: tuple[Liveness, ObservedFace]) -> face.CheckLivenessResponse:
    """Answer CheckLiveness."""
    liveness, observed = answer
    return face.CheckLivenessResponse(
        **vars(liveness), faces_detected=observed.faces_detected, face=to_location(observed)
    )


def to_analyze_response(faces: list[AnalyzedFace]) -> face.AnalyzeResponse:
    """Answer Analyze."""
    return face.AnalyzeResponse(
        faces_detected=len(faces), faces=[_to_analyzed_face(each) for each in faces]
    )


def to_health_response(health: Health) -> face.GetHealthResponse:
    """Answer GetHealth."""
    status = health.gallery
    return face.GetHealthResponse(
        status=status.state,
        version=health.version,
        model=face.ModelPack(**vars(health.pack)),
        gallery=face.GalleryHealth(**vars(status)),
        match_threshold=health.match_threshold,
        quality_threshold=health.quality_threshold,
        detection_size=health.detection_size,
        uptime_s=health.uptime_s,
    )


def _to_analyzed_face(analyzed: AnalyzedFace) -> face.AnalyzedFace:
    observed = analyzed.observed
    return face.AnalyzedFace(
        bbox=box_of(observed),
        detection_score=observed.face.confidence,
        quality=to_quality(observed.quality),
        age=analyzed.attributes.age,
        gender=analyzed.attributes.gender,
        liveness=to_liveness(analyzed.liveness),
        landmarks=observed.face.landmarks.ravel().tolist(),
    )
