"""Identify."""

from __future__ import annotations

from facesvc.application.identify import IdentifiedFace, IdentifiedFaces, IdentifyRequest
from facesvc.transport.convert.answers import (
    box_of,
    to_liveness,
    to_match,
    to_quality,
    to_rejections,
)
from facesvc.transport.convert.fitting import fitting
from facesvc.transport.convert.requests import (
    collection_of,
    image_of,
    limit_of,
    match_anyway_of,
    where_of,
)
from facesvc.v1 import gallery_service_pb2 as pb


def to_request(request: pb.IdentifyRequest) -> IdentifyRequest:
    """Check every field of an identification. Raises InvalidFieldError."""
    return IdentifyRequest(
        image=image_of(request),
        limit=limit_of(request, "target_fpir"),
        collection=collection_of(request),
        min_version=request.min_version,
        match_anyway=match_anyway_of(request),
        where=where_of(request),
        with_metadata=request.include_metadata,
        check_liveness=request.check_liveness,
    )


def to_response(identified: IdentifiedFaces) -> pb.IdentifyResponse:
    """Answer Identify: the last users are without metadata where it would be too large."""
    users = [to_match(match) for match in identified.users]
    whole = len(fitting(users))
    for match in users[whole:]:
        match.ClearField("metadata")
    return pb.IdentifyResponse(
        faces=[_to_identified_face(face) for face in identified.faces],
        faces_detected=len(identified.faces),
        users=users,
        metadata_left_out=len(users) - whole,
        threshold=identified.point.threshold,
        estimated_fpir=identified.point.estimated,
        target_reached=identified.point.target_reached,
        collection_known=identified.known,
    )


def _to_identified_face(identified: IdentifiedFace) -> pb.IdentifiedFace:
    observed, match, second = identified.observed, identified.match, identified.runner_up
    return pb.IdentifiedFace(
        bbox=box_of(observed),
        detection_score=observed.face.confidence,
        quality=to_quality(observed.quality),
        match=None if match is None else to_match(match, metadata=False),
        runner_up=None if second is None else to_match(second, metadata=False),
        margin=identified.margin,
        recognizable=not identified.faults,
        faults=to_rejections(identified.faults),
        liveness=None if identified.liveness is None else to_liveness(identified.liveness),
    )
