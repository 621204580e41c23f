"""CheckIn."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from facesvc.application.challenges import Challenge
from facesvc.application.check_in import CheckedIn, CheckInRequest
from facesvc.application.images import ImageInput
from facesvc.domain import limits
from facesvc.domain.check_in import MIN_MARGIN, REVIEW_BAND
from facesvc.domain.errors import InvalidFieldError
from facesvc.domain.frames_check import MAX_FRAMES
from facesvc.domain.metadata_filter import MetadataFilter
from facesvc.transport.convert.answers import (
    timestamp,
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
    selection_of,
    where_of,
)
from facesvc.v1 import gallery_service_pb2 as pb

MAX_TOKEN_CHARS = 512


def to_request(request: pb.CheckInRequest) -> CheckInRequest:
    """Check every field of a check-in. Raises InvalidFieldError."""
    return CheckInRequest(
        images=frames_of(request),
        user_id=limits.user_id(request.user_id) if request.user_id else "",
        limit=limit_of(request, "target_fpir"),
        review_band=_distance_of(request, "review_band", REVIEW_BAND),
        min_margin=_distance_of(request, "min_margin", MIN_MARGIN),
        skip_liveness=request.skip_liveness,
        collection=collection_of(request),
        min_version=request.min_version,
        match_anyway=match_anyway_of(request),
        where=_where_of(request),
        with_metadata=request.include_metadata,
        challenge_token=limits.text(request.challenge_token, "challenge_token", MAX_TOKEN_CHARS),
    )


def frames_of(request: pb.CheckInRequest) -> list[ImageInput]:
    """Return the photo, or the frames of `images`. Raises InvalidFieldError."""
    if not request.images:
        return [image_of(request)]
    if request.WhichOneof("source"):
        raise InvalidFieldError("Give one photo or images, not both.", field="images")
    if len(request.images) > MAX_FRAMES:
        raise InvalidFieldError(
            f"images has more than {MAX_FRAMES} items.",
            field="images",
            items=len(request.images),
            limit=MAX_FRAMES,
        )
    selection = selection_of(request, "face_selection")
    return [
        ImageInput(data=data, data_field=f"images[{number}]", selection=selection)
        for number, data in enumerate(request.images)
    ]


def to_challenge_response(challenge: Challenge) -> pb.StartChallengeResponse:
    """Answer StartChallenge."""
    return pb.StartChallengeResponse(
        challenge_token=challenge.token,
        movements=[movement.value for movement in challenge.movements],
        expires_at=timestamp(datetime.fromtimestamp(challenge.expires_at, UTC)),
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
        frame=checked.frame,
        collection_known=checked.known,
        timings=pb.CheckInTimings(
            **{f"{stage}_ms": ms for stage, ms in checked.ms.items()},
            total_ms=sum(checked.ms.values()),
        ),
    )


def _where_of(request: pb.CheckInRequest) -> MetadataFilter:
    where = where_of(request)
    if where and request.user_id:
        raise InvalidFieldError("Give user_id or where, not both.", field="where")
    return where


def _distance_of(request: Any, field: str, default: float) -> float:
    return limits.distance(getattr(request, field), field) if request.HasField(field) else default
