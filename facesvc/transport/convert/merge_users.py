"""MergeUsers."""

from __future__ import annotations

from facesvc.domain import limits
from facesvc.domain.gallery import WriteReceipt
from facesvc.domain.gallery_edits import UserMerge
from facesvc.transport.convert.requests import collection_of, expected_version_of, request_id_of
from facesvc.v1 import gallery_service_pb2 as pb


def to_edit(request: pb.MergeUsersRequest) -> UserMerge:
    """Check every field of a merge. Raises InvalidFieldError."""
    of_source = request.HasField("expected_source_version")
    return UserMerge(
        collection=collection_of(request),
        user_id=limits.user_id(request.user_id),
        source_user_id=limits.user_id(request.source_user_id, "source_user_id"),
        request_id=request_id_of(request),
        expected_version=expected_version_of(request),
        expected_source_version=request.expected_source_version if of_source else None,
    )


def to_response(request: pb.MergeUsersRequest, receipt: WriteReceipt) -> pb.MergeUsersResponse:
    """Answer MergeUsers."""
    return pb.MergeUsersResponse(
        user_id=request.user_id,
        source_user_id=request.source_user_id,
        version=receipt.version,
        samples=receipt.samples,
        samples_moved=receipt.removed,
    )
