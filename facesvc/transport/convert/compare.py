"""Compare."""

from __future__ import annotations

from typing import Any

from facesvc.application.compare import CompareRequest, Comparison
from facesvc.application.detect_faces import ObservedCrop, ObservedFace
from facesvc.application.images import ImageInput
from facesvc.application.probe import ProbeSource
from facesvc.transport.convert.answers import observed_fields, to_rejections
from facesvc.transport.convert.requests import (
    embedding_of,
    is_aligned,
    limit_of,
    match_anyway_of,
    selection_of,
)
from facesvc.v1 import face_service_pb2 as pb


def to_request(request: pb.CompareRequest) -> CompareRequest:
    """Check every field of a comparison. Raises InvalidFieldError."""
    limit, anyway = limit_of(request, "target_fmr"), match_anyway_of(request)
    return CompareRequest(_side_of(request, 1), _side_of(request, 2), limit, anyway)


def _side_of(request: pb.CompareRequest, number: int) -> ProbeSource:
    url, image, given = (f"{name}_{number}" for name in ("image_url", "image", "embedding"))
    source = request.WhichOneof("source_1" if number == 1 else "source_2")
    if source == given:
        return embedding_of(getattr(request, given), given)
    selection = selection_of(request, f"face_selection_{number}")
    aligned = is_aligned(request, selection, f"_{number}")
    if source == url:
        return ImageInput(getattr(request, url), None, url, image, selection, aligned)
    return ImageInput(None, getattr(request, image), url, image, selection, aligned)


def to_response(comparison: Comparison) -> pb.CompareResponse:
    """Answer Compare."""
    return pb.CompareResponse(
        similarity=comparison.similarity,
        match=comparison.match,
        threshold=comparison.point.threshold,
        estimated_fmr=comparison.point.estimated,
        estimated_fnmr=comparison.estimated_fnmr,
        target_reached=comparison.point.target_reached,
        probe_recognizable=not (comparison.faults_1 or comparison.faults_2),
        faults_1=to_rejections(comparison.faults_1),
        faults_2=to_rejections(comparison.faults_2),
        **_numbered(comparison.observed_1, 1),
        **_numbered(comparison.observed_2, 2),
    )


def _numbered(observed: ObservedFace | ObservedCrop | None, number: int) -> dict[str, Any]:
    return {f"{name}_{number}": value for name, value in observed_fields(observed).items()}
