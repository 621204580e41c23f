"""DeleteEnrollment."""

from __future__ import annotations

from facesvc.application.delete_enrollment import DeleteRequest
from facesvc.domain import limits
from facesvc.domain.gallery import WriteReceipt
from facesvc.transport.convert.requests import collection_of, expected_version_of, request_id_of
from facesvc.v1 import gallery_service_pb2 as pb


def to_request(request: pb.DeleteEnrollmentRequest) -> DeleteRequest:
    """Check every field of a deletion. Raises InvalidFieldError."""
    return DeleteRequest(
        user_id=limits.user_id(request.user_id),
        collection=collection_of(request),
        request_id=request_id_of(request),
        expected_version=expected_version_of(request),
    )


def to_response(user_id: str, receipt: WriteReceipt) -> pb.DeleteEnrollmentResponse:
    """Answer DeleteEnrollment."""
    return pb.DeleteEnrollmentResponse(
        user_id=user_id,
        success=True,
        samples_removed=receipt.removed,
        version=receipt.version,
        message="Enrollment deleted",
    )
