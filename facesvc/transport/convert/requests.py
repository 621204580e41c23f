"""Fields that several requests share, checked on the way in."""

from __future__ import annotations

from typing import Any

import numpy as np
from google.protobuf import json_format

from facesvc.application.images import ImageInput
from facesvc.application.probe import GivenEmbedding, ProbeSource
from facesvc.domain import limits
from facesvc.domain.errors import InvalidFieldError
from facesvc.domain.face_selection import ANY_FACE, FaceSelection, SelectionRule
from facesvc.domain.faces import EMBEDDING_SIZE
from facesvc.domain.gallery import DEFAULT_COLLECTION
from facesvc.domain.metadata_filter import EVERYBODY, MetadataFilter, parse_filter
from facesvc.domain.operating_point import Limit
from facesvc.v1 import types_pb2 as types

# Bytes of a packed embedding, and what they hold.
_PACKED = {EMBEDDING_SIZE * 4: "<f4", EMBEDDING_SIZE * 2: "<f2"}


def image_of(request: Any) -> ImageInput:
    """Return the image of a request's `oneof source`; the loader refuses an absent one. Raises
    InvalidFieldError (field face_selection).
    """
    source = request.WhichOneof("source")
    selection = (
        selection_of(request, "face_selection") if _has(request, "face_selection") else ANY_FACE
    )
    aligned = is_aligned(request, selection) if _has(request, "input") else False
    if source == "image_url":
        return ImageInput(url=request.image_url, selection=selection, is_aligned=aligned)
    data = request.photo.data if source == "photo" else request.image
    return ImageInput(data=data, selection=selection, is_aligned=aligned)


def is_aligned(request: Any, selection: FaceSelection, suffix: str = "") -> bool:
    """Tell whether the image with this suffix is an aligned crop. Raises InvalidFieldError."""
    field = f"input{suffix}"
    kind = getattr(request, field)
    if kind not in types.InputKind.values():
        raise InvalidFieldError(f"{field} is none that exists.", field=field, value=kind)
    if kind == types.ALIGNED_CROP and selection != ANY_FACE:
        raise InvalidFieldError(
            "An ALIGNED_CROP shows one face: there is none to select or to count.",
            field=f"face_selection{suffix}",
        )
    return bool(kind == types.ALIGNED_CROP)


def source_of(request: Any) -> ProbeSource:
    """Return the image or the embedding of a request's `oneof source`. Raises InvalidFieldError."""
    if request.WhichOneof("source") == "embedding":
        return embedding_of(request.embedding, "embedding")
    return image_of(request)


def embedding_of(given: types.FaceEmbedding, field: str) -> GivenEmbedding:
    """Return an embedding that the caller has, normalised. Raises InvalidFieldError."""
    if bool(given.values) == bool(given.packed):
        raise InvalidFieldError(
            f"Give exactly one of {field}.values and {field}.packed.", field=f"{field}.values"
        )
    if given.packed:
        kind = _PACKED.get(len(given.packed))
        if kind is None:
            raise InvalidFieldError(
                f"{field}.packed must have 2048 bytes (float32) or 1024 (float16).",
                field=f"{field}.packed",
                bytes=len(given.packed),
            )
        values = np.frombuffer(given.packed, kind).astype(np.float32)
    else:
        values = np.fromiter(given.values, np.float32, len(given.values))
    place = f"{field}.packed" if given.packed else f"{field}.values"
    return GivenEmbedding(limits.embedding(values, place), given.model, field)


def _has(request: Any, field: str) -> bool:
    return field in request.DESCRIPTOR.fields_by_name


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


def limit_of(request: Any, target: str) -> Limit:
    """Return the request's threshold or target, its field's name; neither when it gives none.
    Raises InvalidFieldError.
    """
    threshold = limits.threshold(request.threshold) if request.HasField("threshold") else None
    rate = getattr(request, target) if request.HasField(target) else None
    if threshold is not None and rate is not None:
        raise InvalidFieldError(f"Give threshold or {target}, not both.", field=target)
    return Limit(threshold, None if rate is None else limits.error_rate(rate, target))


def match_anyway_of(request: Any) -> bool | None:
    """Return whether faces without an identity may match, None when the request does not say."""
    given = request.HasField("allow_unrecognizable")
    return bool(request.allow_unrecognizable) if given else None


def encoding_of(request: Any) -> int:
    """Return the encoding that the embedding is asked in. Raises InvalidFieldError."""
    encoding: int = request.encoding
    if encoding not in types.EmbeddingEncoding.values():
        raise InvalidFieldError("encoding is none that exists.", field="encoding", value=encoding)
    return encoding


def where_of(request: Any) -> MetadataFilter:
    """Return the filter by metadata, which chooses everybody when there is none. Raises
    InvalidFieldError (field where[n]).
    """
    return parse_filter(request.where, "where") if request.where else EVERYBODY


def collection_of(request: Any) -> str:
    """Return the request's collection, the default when it names none."""
    return limits.collection(request.collection, DEFAULT_COLLECTION)


def request_id_of(request: Any) -> str:
    """Return the idempotency key, "" when there is none."""
    return limits.text(request.request_id, "request_id", limits.MAX_REQUEST_ID_CHARS)


def expected_version_of(request: Any) -> int | None:
    """Return the version that the user must still have, None when any will do."""
    return request.expected_version if request.HasField("expected_version") else None


def metadata_of(request: Any) -> dict[str, Any]:
    """Return the request's metadata as JSON values. Raises InvalidFieldError."""
    try:
        return json_format.MessageToDict(request.metadata)
    except (ValueError, json_format.SerializeToJsonError) as error:  # NaN and infinity
        raise InvalidFieldError(
            "metadata must hold finite numbers only.", field="metadata"
        ) from error
