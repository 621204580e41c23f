"""CheckGallery."""

from __future__ import annotations

from facesvc.application.check_gallery import (
    CheckedGallery,
    CheckEvent,
    CheckProgress,
    CheckRequest,
)
from facesvc.domain import limits
from facesvc.domain.gallery_findings import Finding
from facesvc.transport.convert.requests import collection_of
from facesvc.v1 import gallery_service_pb2 as pb


def to_request(request: pb.CheckGalleryRequest) -> CheckRequest:
    """Raises InvalidFieldError."""
    threshold = limits.threshold(request.threshold) if request.HasField("threshold") else None
    return CheckRequest(
        collection_of(request), threshold, limits.max_findings(request.max_findings)
    )


def to_response(event: CheckEvent) -> pb.CheckGalleryResponse:
    """Return one step of a check."""
    if isinstance(event, CheckProgress):
        progress = pb.CheckGalleryProgress(
            users=event.users, samples=event.samples, compared=event.compared
        )
        return pb.CheckGalleryResponse(progress=progress)
    if isinstance(event, CheckedGallery):
        summary = pb.CheckGallerySummary(
            users=event.users,
            samples=event.samples,
            threshold=event.threshold,
            counts={kind.name: count for kind, count in event.counts.items()},
        )
        return pb.CheckGalleryResponse(summary=summary)
    return pb.CheckGalleryResponse(finding=_to_finding(event))


def _to_finding(finding: Finding) -> pb.GalleryFinding:
    return pb.GalleryFinding(
        kind=finding.kind.name,
        user_id=finding.user_id,
        sample_id=finding.sample_id,
        other_user_id=finding.other_user_id,
        other_sample_id=finding.other_sample_id,
        measured=finding.measured,
        limit=finding.limit,
    )
