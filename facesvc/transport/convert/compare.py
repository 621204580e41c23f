"""Compare."""

from __future__ import annotations

from facesvc.application.compare import Comparison
from facesvc.application.images import ImageInput
from facesvc.transport.convert.answers import to_location, to_quality
from facesvc.transport.convert.requests import selection_of
from facesvc.v1 import face_service_pb2 as pb


def to_images(request: pb.CompareRequest) -> tuple[ImageInput, ImageInput]:
    """Return the two images of a comparison."""
    one, two = selection_of(request, "face_selection_1"), selection_of(request, "face_selection_2")
    first = (
        ImageInput(request.image_url_1, None, "image_url_1", "image_1", one)
        if request.WhichOneof("source_1") == "image_url_1"
        else ImageInput(None, request.image_1, "image_url_1", "image_1", one)
    )
    second = (
        ImageInput(request.image_url_2, None, "image_url_2", "image_2", two)
        if request.WhichOneof("source_2") == "image_url_2"
        else ImageInput(None, request.image_2, "image_url_2", "image_2", two)
    )
    return first, second


def to_response(comparison: Comparison) -> pb.CompareResponse:
    """Answer Compare."""
    return pb.CompareResponse(
        similarity=comparison.similarity,
        match=comparison.match,
        threshold=comparison.threshold,
        quality_1=to_quality(comparison.observed_1.quality),
        quality_2=to_quality(comparison.observed_2.quality),
        face_1=to_location(comparison.observed_1),
        face_2=to_location(comparison.observed_2),
        faces_detected_1=comparison.observed_1.faces_detected,
        faces_detected_2=comparison.observed_2.faces_detected,
    )
