"""Enroll and StreamEnroll."""

from __future__ import annotations

from facesvc.application.enroll import EnrollOutcome, EnrollRequest
from facesvc.application.enrolment_identity import IdentityDoubts
from facesvc.application.probe import GivenEmbedding
from facesvc.domain import limits
from facesvc.domain.errors import FaceError, InvalidFieldError
from facesvc.domain.gallery import EnrollMode
from facesvc.transport.convert.answers import observed_fields, to_rejections
from facesvc.transport.convert.item_errors import item_status
from facesvc.transport.convert.requests import (
    collection_of,
    expected_version_of,
    metadata_of,
    request_id_of,
    source_of,
)
from facesvc.v1 import gallery_service_pb2 as pb

_MODES = {
    pb.EnrollRequest.MODE_UNSPECIFIED: EnrollMode.REPLACE,
    pb.EnrollRequest.REPLACE: EnrollMode.REPLACE,
    pb.EnrollRequest.ADD: EnrollMode.ADD,
}


def to_request(request: pb.EnrollRequest) -> EnrollRequest:
    """Check every field of an enrolment. Raises InvalidFieldError."""
    if request.mode not in _MODES:
        raise InvalidFieldError("mode must be REPLACE or ADD.", field="mode", value=request.mode)
    source = source_of(request)
    if request.check_liveness and (isinstance(source, GivenEmbedding) or source.is_aligned):
        raise InvalidFieldError(
            "check_liveness needs a photo: an embedding and an aligned crop do not show enough.",
            field="check_liveness",
        )
    return EnrollRequest(
        user_id=limits.user_id(request.user_id),
        source=source,
        name=limits.text(request.name, "name", limits.MAX_NAME_CHARS),
        metadata=limits.new_metadata(metadata_of(request)),
        collection=collection_of(request),
        mode=_MODES[request.mode],
        request_id=request_id_of(request),
        expected_version=expected_version_of(request),
        check_liveness=request.check_liveness,
        doubts=IdentityDoubts(request.check_duplicate, request.check_same_person),
    )


def to_response(user_id: str, outcome: EnrollOutcome) -> pb.EnrollResponse:
    """Answer Enroll."""
    response = pb.EnrollResponse(user_id=user_id, **observed_fields(outcome.observed))
    if outcome.receipt is None:
        response.message = "Face not enrolled: " + " ".join(
            dict.fromkeys(rejection.hint for rejection in outcome.rejections)  # each once
        )
        response.rejections.extend(to_rejections(outcome.rejections))
        return response
    response.success = True
    response.message = "Face enrolled successfully"
    response.version = outcome.receipt.version
    response.samples = outcome.receipt.samples
    return response


def to_item(request: pb.StreamEnrollRequest) -> EnrollRequest | FaceError:
    """Return the item's enrolment, or the error of an item with a field out of range."""
    try:
        limits.text(request.item_id, "item_id", limits.MAX_ITEM_ID_CHARS)
        return to_request(request.enrollment)
    except FaceError as error:
        return error


def to_item_response(
    item_id: str, user_id: str, result: EnrollOutcome | Exception
) -> pb.StreamEnrollResponse:
    """Answer one item of StreamEnroll."""
    if isinstance(result, Exception):
        return pb.StreamEnrollResponse(item_id=item_id, error=item_status(result))
    return pb.StreamEnrollResponse(item_id=item_id, enrollment=to_response(user_id, result))
