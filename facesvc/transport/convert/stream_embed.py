"""StreamEmbed."""

from __future__ import annotations

from facesvc.application.embedded_face import EmbeddedCrop, EmbeddedFace
from facesvc.application.images import ImageInput
from facesvc.domain import limits
from facesvc.domain.errors import FaceError
from facesvc.transport.convert.answers import embedded_fields
from facesvc.transport.convert.item_errors import item_status
from facesvc.transport.convert.requests import encoding_of, image_of
from facesvc.v1 import face_service_pb2 as pb


def to_item(request: pb.StreamEmbedRequest) -> ImageInput | FaceError:
    """Return the item's image, or the error of an item with a field out of range."""
    try:
        limits.text(request.item_id, "item_id", limits.MAX_ITEM_ID_CHARS)
        encoding_of(request)
        return image_of(request)
    except FaceError as error:
        return error


def to_response(
    item_id: str, result: EmbeddedFace | EmbeddedCrop | Exception, encoding: int
) -> pb.StreamEmbedResponse:
    """Answer one image of StreamEmbed."""
    if isinstance(result, Exception):
        return pb.StreamEmbedResponse(item_id=item_id, error=item_status(result))
    return pb.StreamEmbedResponse(
        item_id=item_id, success=True, **embedded_fields(result, encoding)
    )
