"""BatchEmbed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from facesvc.application.embedded_face import EmbeddedCrop, EmbeddedFace
from facesvc.application.images import ImageInput
from facesvc.domain.encoded_image import shown_uri
from facesvc.domain.errors import InvalidFieldError, MissingImageError
from facesvc.transport.convert.answers import embedded_fields
from facesvc.transport.convert.item_errors import item_status
from facesvc.transport.convert.requests import is_aligned, selection_of
from facesvc.transport.status import reason_of
from facesvc.v1 import face_service_pb2 as pb


def to_images(request: pb.BatchEmbedRequest, max_size: int) -> list[ImageInput]:
    """Return the images of a batch. Raises MissingImageError, InvalidFieldError."""
    if bool(request.image_urls) == bool(request.images):
        raise MissingImageError("Give exactly one of image_urls and images.", field="image_urls")
    field = "image_urls" if request.image_urls else "images"
    size = len(request.image_urls) or len(request.images)
    if size > max_size:
        raise InvalidFieldError(
            f"{field} has more than {max_size} items.", field=field, items=size, limit=max_size
        )
    selection = selection_of(request, "face_selection")
    one = ImageInput(selection=selection, is_aligned=is_aligned(request, selection))
    if request.image_urls:
        return [
            replace(one, url=url, url_field=f"image_urls[{index}]")
            for index, url in enumerate(request.image_urls)
        ]
    return [
        replace(one, data=data, data_field=f"images[{index}]")
        for index, data in enumerate(request.images)
    ]


def to_response(
    images: Sequence[ImageInput],
    results: Sequence[EmbeddedFace | EmbeddedCrop | Exception],
    encoding: int,
) -> pb.BatchEmbedResponse:
    """Answer BatchEmbed."""
    return pb.BatchEmbedResponse(
        results=[
            _to_result(index, shown_uri(image.url or ""), result, encoding)
            for index, (image, result) in enumerate(zip(images, results, strict=True))
        ]
    )


def _to_result(
    index: int, image_url: str, result: EmbeddedFace | EmbeddedCrop | Exception, encoding: int
) -> pb.BatchEmbedResult:
    if isinstance(result, Exception):
        return pb.BatchEmbedResult(
            index=index,
            image_url=image_url,
            error=item_status(result).message,
            reason=reason_of(result),
        )
    return pb.BatchEmbedResult(
        index=index, image_url=image_url, success=True, **embedded_fields(result, encoding)
    )
