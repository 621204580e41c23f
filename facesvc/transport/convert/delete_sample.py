"""DeleteSample."""

from __future__ import annotations

from facesvc.domain import limits
from facesvc.domain.gallery import WriteReceipt
from facesvc.domain.gallery_edits import SampleDeletion
from facesvc.transport.convert.requests import collection_of, expected_version_of, request_id_of
from facesvc.v1 import gallery_service_pb2 as pb


def to_edit(request: pb.DeleteSampleRequest) -> SampleDeletion:
    """Check every field of a deletion. Raises InvalidFieldError."""
    return SampleDeletion(
        collection=collection_of(request),
        user_id=limits.user_id(request.user_id),
        sample_id=limits.sample_id(request.sample_id),
        request_id=request_id_of(request),
        expected_version=expected_version_of(request),
    )


def to_response(request: pb.DeleteSampleRequest, receipt: WriteReceipt) -> pb.DeleteSampleResponse:
    """Answer DeleteSample."""
    return pb.DeleteSampleResponse(
        user_id=request.user_id,
        sample_id=request.sample_id,
        version=receipt.version,
        samples=receipt.samples,
    )
