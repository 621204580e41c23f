"""Verify."""

from __future__ import annotations

from facesvc.application.verify import Verification, VerifyRequest
from facesvc.domain import limits
from facesvc.transport.convert.answers import observed_fields, to_rejections
from facesvc.transport.convert.requests import (
    collection_of,
    limit_of,
    match_anyway_of,
    source_of,
)
from facesvc.v1 import gallery_service_pb2 as pb


def to_request(request: pb.VerifyRequest) -> VerifyRequest:
    """Check every field of a verification. Raises InvalidFieldError."""
    return VerifyRequest(
        user_id=limits.user_id(request.user_id),
        source=source_of(request),
        limit=limit_of(request, "target_fmr"),
        collection=collection_of(request),
        min_version=request.min_version,
        match_anyway=match_anyway_of(request),
    )


def to_response(user_id: str, verification: Verification) -> pb.VerifyResponse:
    """Answer Verify."""
    return pb.VerifyResponse(
        user_id=user_id,
        verified=verification.verified,
        similarity=verification.similarity,
        threshold=verification.point.threshold,
        estimated_fmr=verification.point.estimated,
        target_reached=verification.point.target_reached,
        probe_recognizable=not verification.faults,
        probe_faults=to_rejections(verification.faults),
        **observed_fields(verification.observed),
    )
