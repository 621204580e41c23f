"""From the gallery use cases' answers to responses."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from google.protobuf import struct_pb2, timestamp_pb2

from facesvc.application.enroll import EnrollOutcome
from facesvc.application.search import SearchOutcome
from facesvc.application.verify import Verification
from facesvc.domain.gallery import (
    CollectionInfo,
    ErasureReceipt,
    Match,
    User,
    UserPage,
    WriteReceipt,
)
from facesvc.domain.rejection import Rejection
from facesvc.transport.convert.face_to_proto import to_location, to_quality
from facesvc.transport.convert.item_errors import item_status
from facesvc.v1 import gallery_service_pb2 as gallery


def to_rejections(rejections: list[Rejection]) -> list[gallery.Rejection]:
    """The fields have the same names, and the reasons the same values."""
    return [
        gallery.Rejection(
            reason=rejection.reason.value,
            measured=rejection.measured,
            limit=rejection.limit,
            hint=rejection.hint,
        )
        for rejection in rejections
    ]


def to_enroll_response(user_id: str, outcome: EnrollOutcome) -> gallery.EnrollResponse:
    """Answer Enroll."""
    response = gallery.EnrollResponse(
        user_id=user_id,
        quality=to_quality(outcome.observed.quality),
        faces_detected=outcome.observed.faces_detected,
        face=to_location(outcome.observed),
    )
    if outcome.receipt is None:
        response.message = "Face not enrolled: " + " ".join(
            rejection.hint for rejection in outcome.rejections
        )
        response.rejections.extend(to_rejections(outcome.rejections))
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


def to_delete_collection_response(
    collection: str, receipt: WriteReceipt
) -> gallery.DeleteCollectionResponse:
    """Answer DeleteCollection."""
    return gallery.DeleteCollectionResponse(
        collection=collection, samples_removed=receipt.removed, version=receipt.version
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
        matches=[to_match(match) for match in outcome.matches],
        faces_detected=outcome.observed.faces_detected,
        face=to_location(outcome.observed),
        quality=to_quality(outcome.observed.quality),
        threshold=outcome.threshold,
        missing_servers=outcome.missing,
    )


def to_match(match: Match) -> gallery.Match:
    """The fields have the same names."""
    return gallery.Match(**vars(match))


def to_verify_response(user_id: str, verification: Verification) -> gallery.VerifyResponse:
    """Answer Verify."""
    return gallery.VerifyResponse(
        user_id=user_id,
        verified=verification.verified,
        similarity=verification.similarity,
        threshold=verification.threshold,
        quality=to_quality(verification.observed.quality),
        face=to_location(verification.observed),
        faces_detected=verification.observed.faces_detected,
    )


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
