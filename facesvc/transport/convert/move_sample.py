"""MoveSample."""

from __future__ import annotations

from facesvc.domain import limits
from facesvc.domain.gallery import WriteReceipt
from facesvc.domain.gallery_edits import SampleMove
from facesvc.transport.convert.requests import collection_of, expected_version_of, request_id_of
from facesvc.v1 import gallery_service_pb2 as pb


def to_edit(request: pb.MoveSampleRequest) -> SampleMove:
    """Check every field of a move. Raises InvalidFieldError."""
    return SampleMove(
        collection=collection_of(request),
        user_id=limits.user_id(request.user_id),
        sample_id=limits.sample_id(request.sample_id),
        target_user_id=limits.user_id(request.target_user_id, "target_user_id"),
        create_target=request.create_target,
        request_id=request_id_of(request),
        expected_version=expected_version_of(request),
    )


def to_response(request: pb.MoveSampleRequest, receipt: WriteReceipt) -> pb.MoveSampleResponse:
    """Answer MoveSample."""
    return pb.MoveSampleResponse(
        user_id=request.user_id,
        target_user_id=request.target_user_id,
        version=receipt.version,
        target_samples=receipt.samples,
    )
