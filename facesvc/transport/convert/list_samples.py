"""ListSamples."""

from __future__ import annotations

from facesvc.application.list_samples import SamplesRequest
from facesvc.domain import limits
from facesvc.domain.gallery import EnrolledUser
from facesvc.transport.convert.answers import to_sample
from facesvc.transport.convert.requests import collection_of
from facesvc.v1 import gallery_service_pb2 as pb


def to_request(request: pb.ListSamplesRequest) -> SamplesRequest:
    """Check every field of a look-up. Raises InvalidFieldError."""
    return SamplesRequest(
        limits.user_id(request.user_id), collection_of(request), request.min_version
    )


def to_response(enrolled: EnrolledUser) -> pb.ListSamplesResponse:
    """Answer ListSamples."""
    return pb.ListSamplesResponse(
        user_id=enrolled.user.user_id,
        samples=map(to_sample, enrolled.samples),
        version=enrolled.user.version,
    )
