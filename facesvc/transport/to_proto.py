"""From the use cases' answers to responses."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
from google.protobuf import struct_pb2, timestamp_pb2
from numpy.typing import NDArray

from facesvc.application.analyze import AnalyzedFace
from facesvc.application.compare import Comparison
from facesvc.application.embed import EmbeddedFace
from facesvc.application.enroll import EnrollOutcome
from facesvc.application.health import Health
from facesvc.application.search import SearchOutcome
from facesvc.application.verify import Verification
from facesvc.domain.gallery import (
    CollectionInfo,
    ErasureReceipt,
    User,
    UserPage,
    WriteReceipt,
)
from facesvc.domain.liveness import Liveness
from facesvc.domain.photo import Photo
from facesvc.domain.quality import Quality
from facesvc.transport.item_errors import item_status
from facesvc.transport.status import reason_of
from facesvc.v1 import face_service_pb2 as face
from facesvc.v1 import gallery_service_pb2 as gallery
from facesvc.v1 import types_pb2 as types


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
    }


def to_embed_response(result: EmbeddedFace, encoding: int, model: str) -> face.EmbedResponse:
    """Answer Embed."""
    return face.EmbedResponse(**embedded_fields(result, encoding), model=model)


def to_batch_result(
    index: int, image_url: str, result: EmbeddedFace | Exception, encoding: int
) -> face.BatchEmbedResult:
    """Answer one image of BatchEmbed."""
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
        quality_1=to_quality(comparison.quality_1),
        quality_2=to_quality(comparison.quality_2),
    )


def to_liveness_response(answer: tuple[Liveness, int]) -> face.CheckLivenessResponse:
    """Answer CheckLiveness."""
    liveness, faces_detected = answer
    return face.CheckLivenessResponse(**vars(liveness), faces_detected=faces_detected)


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


def to_enroll_response(user_id: str, outcome: EnrollOutcome) -> gallery.EnrollResponse:
    """Answer Enroll."""
    response = gallery.EnrollResponse(
        user_id=user_id,
        quality=to_quality(outcome.observed.quality),
        faces_detected=outcome.observed.faces_detected,
    )
    if outcome.receipt is None:
        response.message = "Face not enrolled: " + " ".join(
            rejection.hint for rejection in outcome.rejections
        )
        response.rejections.extend(
            gallery.Rejection(
                reason=rejection.reason.value,
                measured=rejection.measured,
                limit=rejection.limit,
                hint=rejection.hint,
            )
            for rejection in outcome.rejections
        )
        return response
    response.success = True
    response.message = "Face enrolled successfully"
    response.version = outcome.receipt.version
    response.samples = outcome.receipt.samples
    return response


def to_stream_enroll_response(
    item_id: str, user_id: str, result: EnrollOutcome | Exception
) -> gallery.StreamEnrollResponse:
    """Answer one item of StreamEnroll."""
    if isinstance(result, Exception):
        return gallery.StreamEnrollResponse(item_id=item_id, error=item_status(result))
    return gallery.StreamEnrollResponse(
        item_id=item_id, enrollment=to_enroll_response(user_id, result)
    )


def to_collections_response(collections: list[CollectionInfo]) -> gallery.ListCollectionsResponse:
    """Answer ListCollections."""
    return gallery.ListCollectionsResponse(
        collections=[
            gallery.Collection(
                collection=each.name,
                recognizer=each.recognizer,
                version=each.version,
                users=each.users,
                samples=each.samples,
                aliases=each.aliases,
                served=each.served,
            )
            for each in collections
        ]
    )


def to_erasure_response(receipt: ErasureReceipt) -> gallery.EraseDeletedResponse:
    """Answer EraseDeleted."""
    return gallery.EraseDeletedResponse(
        started_at=_timestamp(receipt.started_at),
        completed_at=_timestamp(receipt.completed_at),
        places=receipt.places,
    )


def to_delete_response(user_id: str, receipt: WriteReceipt) -> gallery.DeleteEnrollmentResponse:
    """Answer DeleteEnrollment."""
    return gallery.DeleteEnrollmentResponse(
        user_id=user_id,
        success=True,
        samples_removed=receipt.removed,
        version=receipt.version,
        message="Enrollment deleted",
    )


def to_get_response(user: User) -> gallery.GetEnrollmentResponse:
    """Answer GetEnrollment."""
    return gallery.GetEnrollmentResponse(**_user_fields(user))


def to_list_response(page: UserPage) -> gallery.ListGalleryResponse:
    """Answer ListGallery."""
    return gallery.ListGalleryResponse(
        users=[gallery.EnrolledUser(**_user_fields(user)) for user in page.users],
        total=page.total,
        next_page_token=page.next_page_token,
    )


def to_search_response(outcome: SearchOutcome) -> gallery.SearchResponse:
    """Answer Search."""
    return gallery.SearchResponse(
        matches=[gallery.Match(**vars(match)) for match in outcome.matches],
        faces_detected=outcome.observed.faces_detected,
        quality=to_quality(outcome.observed.quality),
        threshold=outcome.threshold,
    )


def to_verify_response(user_id: str, verification: Verification) -> gallery.VerifyResponse:
    """Answer Verify."""
    return gallery.VerifyResponse(
        user_id=user_id,
        verified=verification.verified,
        similarity=verification.similarity,
        threshold=verification.threshold,
        quality=to_quality(verification.quality),
    )


def _to_analyzed_face(analyzed: AnalyzedFace) -> face.AnalyzedFace:
    observed = analyzed.observed
    return face.AnalyzedFace(
        bbox=_inside(observed.photo, observed.face.box),
        detection_score=observed.face.confidence,
        quality=to_quality(observed.quality),
        age=analyzed.attributes.age,
        gender=analyzed.attributes.gender,
        liveness=to_liveness(analyzed.liveness),
        landmarks=observed.face.landmarks.ravel().tolist(),
    )


def _inside(photo: Photo, box: Any) -> list[int]:
    """Round the box to whole pixels inside the photo: what a caller can cut out."""
    return [
        round(min(max(value, 0.0), limit))
        for value, limit in (
            (box.x1, photo.width),
            (box.y1, photo.height),
            (box.x2, photo.width),
            (box.y2, photo.height),
        )
    ]


def _user_fields(user: User) -> dict[str, Any]:
    metadata = struct_pb2.Struct()
    metadata.update(dict(user.metadata))
    return {
        "user_id": user.user_id,
        "name": user.name,
        "metadata": metadata,
        "samples": user.samples,
        "version": user.version,
        "created_at": _timestamp(user.created_at),
        "updated_at": _timestamp(user.updated_at),
    }


def _timestamp(moment: datetime) -> timestamp_pb2.Timestamp:
    stamp = timestamp_pb2.Timestamp()
    stamp.FromDatetime(moment)
    return stamp
