"""Fields that several requests share, checked on the way in."""

from __future__ import annotations

from typing import Any

from facesvc.application.images import ImageInput
from facesvc.domain import limits
from facesvc.domain.errors import InvalidFieldError
from facesvc.domain.face_selection import ANY_FACE, FaceSelection, SelectionRule
from facesvc.domain.gallery import DEFAULT_COLLECTION
from facesvc.v1 import types_pb2 as types


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


def threshold_of(request: Any) -> float | None:
    """Return the request's threshold, None when it gives none."""
    return limits.threshold(request.threshold) if request.HasField("threshold") else None


def encoding_of(request: Any) -> int:
    """Return the encoding that the embedding is asked in. Raises InvalidFieldError."""
    encoding: int = request.encoding
    if encoding not in types.EmbeddingEncoding.values():
        raise InvalidFieldError("encoding is none that exists.", field="encoding", value=encoding)
    return encoding


def collection_of(request: Any) -> str:
    """Return the request's collection, the default when it names none."""
    return limits.collection(request.collection, DEFAULT_COLLECTION)


def request_id_of(request: Any) -> str:
    """Return the idempotency key, "" when there is none."""
    return limits.text(request.request_id, "request_id", limits.MAX_REQUEST_ID_CHARS)


def expected_version_of(request: Any) -> int | None:
    """Return the version that the user must still have, None when any will do."""
    return request.expected_version if request.HasField("expected_version") else None
