"""CheckIn."""

from __future__ import annotations

from typing import Any

from facesvc.application.check_in import CheckedIn, CheckInRequest
from facesvc.domain import limits
from facesvc.domain.check_in import MIN_MARGIN, REVIEW_BAND
from facesvc.transport.convert.answers import (
    to_liveness,
    to_location,
    to_match,
    to_quality,
    to_rejections,
)
from facesvc.transport.convert.requests import (
    collection_of,
    image_of,
    limit_of,
    match_anyway_of,
)
from facesvc.v1 import gallery_service_pb2 as pb


def to_request(request: pb.CheckInRequest) -> CheckInRequest:
    """Check every field of a check-in. Raises InvalidFieldError."""
    return CheckInRequest(
        image=image_of(request),
        user_id=limits.user_id(request.user_id) if request.user_id else "",
        limit=limit_of(request, "target_fpir"),
        review_band=_distance_of(request, "review_band", REVIEW_BAND),
        min_margin=_distance_of(request, "min_margin", MIN_MARGIN),
        skip_liveness=request.skip_liveness,
        collection=collection_of(request),
        min_version=request.min_version,
        match_anyway=match_anyway_of(request),
    )


def to_response(checked: CheckedIn) -> pb.CheckInResponse:
    """Answer CheckIn."""
    verdict, liveness = checked.verdict, checked.liveness
    return pb.CheckInResponse(
        decision=verdict.decision.value,
        match=None if verdict.match is None else to_match(verdict.match),
        margin=verdict.margin,
        reasons=to_rejections(verdict.reasons),
        quality=to_quality(checked.observed.quality),
        liveness=None if liveness is None else to_liveness(liveness),
        threshold=checked.point.threshold,
        estimated_fpir=checked.point.estimated,
        target_reached=checked.point.target_reached,
        probe_recognizable=not checked.faults,
        faces_detected=checked.observed.faces_detected,
        face=to_location(checked.observed),
        timings=pb.CheckInTimings(
            **{f"{stage}_ms": ms for stage, ms in checked.ms.items()},
            total_ms=sum(checked.ms.values()),
        ),
    )


def _distance_of(request: Any, field: str, default: float) -> float:
    return limits.distance(getattr(request, field), field) if request.HasField(field) else default
