"""From requests to what the use cases are asked; checks the fields on the way."""

from __future__ import annotations

from typing import Any

from google.protobuf import json_format

from facesvc.application.check_in import CheckInRequest
from facesvc.application.delete_enrollment import DeleteRequest
from facesvc.application.enroll import EnrollRequest
from facesvc.application.get_enrollment import GetRequest
from facesvc.application.identify import IdentifyRequest
from facesvc.application.images import ImageInput
from facesvc.application.list_gallery import ListRequest
from facesvc.application.search import SearchRequest
from facesvc.application.verify import VerifyRequest
from facesvc.domain import limits
from facesvc.domain.check_in import MIN_MARGIN, REVIEW_BAND
from facesvc.domain.errors import FaceError, InvalidFieldError, MissingImageError
from facesvc.domain.face_selection import ANY_FACE, FaceSelection, SelectionRule
from facesvc.domain.gallery import DEFAULT_COLLECTION, EnrollMode
from facesvc.v1 import face_service_pb2 as face
from facesvc.v1 import gallery_service_pb2 as gallery
from facesvc.v1 import types_pb2 as types

_MODES = {
    gallery.EnrollRequest.MODE_UNSPECIFIED: EnrollMode.REPLACE,
    gallery.EnrollRequest.REPLACE: EnrollMode.REPLACE,
    gallery.EnrollRequest.ADD: EnrollMode.ADD,
}


def image_of(request: Any) -> ImageInput:
    """Return the image of a request's `oneof source`; the loader refuses an absent one. Raises
    InvalidFieldError (field face_selection).
    """
    source = request.WhichOneof("source")
    selection = selection_of(request, "face_selection") if _selects(request) else ANY_FACE
    if source == "image_url":
        return ImageInput(url=request.image_url, selection=selection)
    data = request.photo.data if source == "photo" else request.image
    return ImageInput(data=data, selection=selection)


def _selects(request: Any) -> bool:
    return "face_selection" in request.DESCRIPTOR.fields_by_name


def selection_of(request: Any, field: str) -> FaceSelection:
    """Return which face a request means. Raises InvalidFieldError."""
    asked = getattr(request, field)
    if asked.rule not in types.FaceSelection.Rule.values():
        raise InvalidFieldError(
            f"{field}.rule is none that exists.", field=f"{field}.rule", value=asked.rule
        )
    rule = None
    if asked.rule != types.FaceSelection.RULE_UNSPECIFIED:
        rule = SelectionRule[types.FaceSelection.Rule.Name(asked.rule)]
    elif asked.near:
        rule = SelectionRule.NEAREST
    near = limits.point_or_box(tuple(asked.near), f"{field}.near") if asked.near else ()
    if bool(near) != (rule is SelectionRule.NEAREST):
        raise InvalidFieldError(
            f"{field}.near and the rule NEAREST need each other.", field=f"{field}.near"
        )
    return FaceSelection(rule, near, request.require_single_face)


def pair_of(request: face.CompareRequest) -> tuple[ImageInput, ImageInput]:
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


def threshold_of(request: Any) -> float | None:
    """Return the request's threshold, None when it gives none."""
    return limits.threshold(request.threshold) if request.HasField("threshold") else None


def encoding_of(request: Any) -> int:
    """Return the encoding that the embedding is asked in. Raises InvalidFieldError."""
    encoding: int = request.encoding
    if encoding not in types.EmbeddingEncoding.values():
        raise InvalidFieldError("encoding is none that exists.", field="encoding", value=encoding)
    return encoding


def batch_of(request: face.BatchEmbedRequest, max_size: int) -> list[ImageInput]:
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
    if request.image_urls:
        return [
            ImageInput(url=url, url_field=f"image_urls[{index}]", selection=selection)
            for index, url in enumerate(request.image_urls)
        ]
    return [
        ImageInput(data=data, data_field=f"images[{index}]", selection=selection)
        for index, data in enumerate(request.images)
    ]


def stream_item_of(request: face.StreamEmbedRequest) -> ImageInput | FaceError:
    """Return the item's image, or the error of an item with a field out of range."""
    try:
        limits.text(request.item_id, "item_id", limits.MAX_ITEM_ID_CHARS)
        encoding_of(request)
        return image_of(request)
    except FaceError as error:
        return error


def enroll_item_of(request: gallery.StreamEnrollRequest) -> EnrollRequest | FaceError:
    """Return the item's enrolment, or the error of an item with a field out of range."""
    try:
        limits.text(request.item_id, "item_id", limits.MAX_ITEM_ID_CHARS)
        return to_enroll_request(request.enrollment)
    except FaceError as error:
        return error


def to_enroll_request(request: gallery.EnrollRequest) -> EnrollRequest:
    """Check every field of an enrolment. Raises InvalidFieldError."""
    if request.mode not in _MODES:
        raise InvalidFieldError("mode must be REPLACE or ADD.", field="mode", value=request.mode)
    return EnrollRequest(
        user_id=limits.user_id(request.user_id),
        image=image_of(request),
        name=limits.text(request.name, "name", limits.MAX_NAME_CHARS),
        metadata=limits.metadata(_struct(request.metadata)),
        collection=collection_of(request),
        mode=_MODES[request.mode],
        request_id=request_id_of(request),
        expected_version=expected_version_of(request),
        check_liveness=request.check_liveness,
        check_duplicate=request.check_duplicate,
    )


def to_delete_request(request: gallery.DeleteEnrollmentRequest) -> DeleteRequest:
    """Check every field of a deletion. Raises InvalidFieldError."""
    return DeleteRequest(
        user_id=limits.user_id(request.user_id),
        collection=collection_of(request),
        request_id=request_id_of(request),
        expected_version=expected_version_of(request),
    )


def to_get_request(request: gallery.GetEnrollmentRequest) -> GetRequest:
    """Check every field of a look-up. Raises InvalidFieldError."""
    return GetRequest(limits.user_id(request.user_id), collection_of(request), request.min_version)


def to_list_request(request: gallery.ListGalleryRequest) -> ListRequest:
    """Check every field of a listing. Raises InvalidFieldError."""
    return ListRequest(
        page_size=limits.page_size(request.page_size),
        page_token=request.page_token,
        collection=collection_of(request),
        min_version=request.min_version,
    )


def to_search_request(request: gallery.SearchRequest) -> SearchRequest:
    """Check every field of a search. Raises InvalidFieldError."""
    return SearchRequest(
        image=image_of(request),
        top_k=limits.top_k(request.top_k) if request.HasField("top_k") else None,
        threshold=threshold_of(request),
        collection=collection_of(request),
        min_version=request.min_version,
        allow_partial=request.allow_partial,
    )


def to_verify_request(request: gallery.VerifyRequest) -> VerifyRequest:
    """Check every field of a verification. Raises InvalidFieldError."""
    return VerifyRequest(
        user_id=limits.user_id(request.user_id),
        image=image_of(request),
        threshold=threshold_of(request),
        collection=collection_of(request),
        min_version=request.min_version,
    )


def to_identify_request(request: gallery.IdentifyRequest) -> IdentifyRequest:
    """Check every field of an identification. Raises InvalidFieldError."""
    return IdentifyRequest(
        image=image_of(request),
        threshold=threshold_of(request),
        collection=collection_of(request),
        min_version=request.min_version,
    )


def to_check_in_request(request: gallery.CheckInRequest) -> CheckInRequest:
    """Check every field of a check-in. Raises InvalidFieldError."""
    return CheckInRequest(
        image=image_of(request),
        user_id=limits.user_id(request.user_id) if request.user_id else "",
        threshold=threshold_of(request),
        review_band=_distance_of(request, "review_band", REVIEW_BAND),
        min_margin=_distance_of(request, "min_margin", MIN_MARGIN),
        skip_liveness=request.skip_liveness,
        collection=collection_of(request),
        min_version=request.min_version,
    )


def _distance_of(request: Any, field: str, default: float) -> float:
    return limits.distance(getattr(request, field), field) if request.HasField(field) else default


def collection_of(request: Any) -> str:
    """Return the request's collection, the default when it names none."""
    return limits.collection(request.collection, DEFAULT_COLLECTION)


def request_id_of(request: Any) -> str:
    """Return the idempotency key, "" when there is none."""
    return limits.text(request.request_id, "request_id", limits.MAX_REQUEST_ID_CHARS)


def expected_version_of(request: Any) -> int | None:
    """Return the version that the user must still have, None when any will do."""
    return request.expected_version if request.HasField("expected_version") else None


def _struct(value: Any) -> dict[str, Any]:
    try:
        return json_format.MessageToDict(value)
    except (ValueError, json_format.SerializeToJsonError) as error:  # NaN and infinity
        raise InvalidFieldError(
            "metadata must hold finite numbers only.", field="metadata"
        ) from error
