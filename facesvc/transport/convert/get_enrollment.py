"""GetEnrollment."""

from __future__ import annotations

from facesvc.application.get_enrollment import GetRequest
from facesvc.domain import limits
from facesvc.domain.gallery import User
from facesvc.transport.convert.answers import user_fields
from facesvc.transport.convert.requests import collection_of
from facesvc.v1 import gallery_service_pb2 as pb


def to_request(request: pb.GetEnrollmentRequest) -> GetRequest:
    """Check every field of a look-up. Raises InvalidFieldError."""
    return GetRequest(limits.user_id(request.user_id), collection_of(request), request.min_version)


def to_response(user: User) -> pb.GetEnrollmentResponse:
    """Answer GetEnrollment."""
    return pb.GetEnrollmentResponse(**user_fields(user))
