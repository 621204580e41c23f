"""Search."""

from __future__ import annotations

from facesvc.application.search import SearchOutcome, SearchRequest
from facesvc.domain import limits
from facesvc.transport.convert.answers import observed_fields, to_match, to_rejections
from facesvc.transport.convert.fitting import fitting
from facesvc.transport.convert.requests import (
    collection_of,
    limit_of,
    match_anyway_of,
    source_of,
    where_of,
)
from facesvc.v1 import gallery_service_pb2 as pb


def to_request(request: pb.SearchRequest) -> SearchRequest:
    """Check every field of a search. Raises InvalidFieldError."""
    return SearchRequest(
        source=source_of(request),
        top_k=limits.top_k(request.top_k) if request.HasField("top_k") else None,
        limit=limit_of(request, "target_fpir"),
        collection=collection_of(request),
        min_version=request.min_version,
        allow_partial=request.allow_partial,
        match_anyway=match_anyway_of(request),
        where=where_of(request),
        with_metadata=request.include_metadata,
    )


def to_response(outcome: SearchOutcome) -> pb.SearchResponse:
    """Answer Search: the least similar are left out where it would be too large."""
    matches = fitting(to_match(match) for match in outcome.matches)
    return pb.SearchResponse(
        matches=matches,
        matches_left_out=len(outcome.matches) - len(matches),
        **observed_fields(outcome.observed),
        threshold=outcome.point.threshold,
        estimated_fpir=outcome.point.estimated,
        target_reached=outcome.point.target_reached,
        probe_recognizable=not outcome.faults,
        probe_faults=to_rejections(outcome.faults),
        missing_servers=outcome.missing,
        collection_known=outcome.known,
    )
