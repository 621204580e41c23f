"""Search."""

from __future__ import annotations

from facesvc.application.search import SearchOutcome, SearchRequest
from facesvc.domain import limits
from facesvc.transport.convert.answers import observed_fields, to_match
from facesvc.transport.convert.requests import collection_of, source_of, threshold_of
from facesvc.v1 import gallery_service_pb2 as pb


def to_request(request: pb.SearchRequest) -> SearchRequest:
    """Check every field of a search. Raises InvalidFieldError."""
    return SearchRequest(
        source=source_of(request),
        top_k=limits.top_k(request.top_k) if request.HasField("top_k") else None,
        threshold=threshold_of(request),
        collection=collection_of(request),
        min_version=request.min_version,
        allow_partial=request.allow_partial,
    )


def to_response(outcome: SearchOutcome) -> pb.SearchResponse:
    """Answer Search."""
    return pb.SearchResponse(
        matches=[to_match(match) for match in outcome.matches],
        **observed_fields(outcome.observed),
        threshold=outcome.threshold,
        missing_servers=outcome.missing,
    )
