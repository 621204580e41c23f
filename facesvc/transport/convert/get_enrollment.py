"""GetEnrollment."""

from __future__ import annotations

from facesvc.application.get_enrollment import GetRequest
from facesvc.domain import limits
from facesvc.domain.gallery import Sample, User
from facesvc.transport.convert.answers import to_sample, user_fields
from facesvc.transport.convert.requests import collection_of
from facesvc.v1 import gallery_service_pb2 as pb


def to_request(request: pb.GetEnrollmentRequest) -> GetRequest:
    """Check every field of a look-up. Raises InvalidFieldError."""
    return GetRequest(
        limits.user_id(request.user_id),
        collection_of(request),
        request.min_version,
        request.include_samples,
    )


def to_response(user: User, samples: tuple[Sample, ...]) -> pb.GetEnrollmentResponse:
    """Answer GetEnrollment."""
    return pb.GetEnrollmentResponse(**user_fields(user), enrolled_samples=map(to_sample, samples))
