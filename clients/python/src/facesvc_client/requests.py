"""Requests of the calls that look at photos, the same for both clients."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TypeAlias, TypedDict, Unpack

from google.protobuf import struct_pb2

from facesvc_client.choice import Face, FaceOptions, chosen, selection_of
from facesvc_client.photo import Photo, PhotoFile, bytes_of, source_of
from facesvc_client.v1 import face_service_pb2 as face
from facesvc_client.v1 import gallery_service_pb2 as gallery

Where: TypeAlias = Mapping[str, str | float | bool]
"""Metadata that users must have to be chosen: each key with an equal value."""


Encoding: TypeAlias = Literal["floats", "float32", "float16"]
"""Of an embedding: ``embedding``, or ``embedding_bytes`` of little-endian numbers."""


class EmbedOptions(FaceOptions, total=False):
    """Options of Embed and StreamEmbed."""

    encoding: Encoding


class CompareOptions(TypedDict, total=False):
    """Options of Compare; ``face`` is of the first photo, ``other_face`` of the second."""

    threshold: float
    target_fmr: float
    """Make the threshold: the share of comparisons of different people that may match."""
    allow_unrecognizable: bool
    """Let faces without an identity match."""
    face: Face
    other_face: Face
    single_face: bool


class AnalyzeOptions(TypedDict, total=False):
    """Options of Analyze; left out, quality, attributes and liveness."""

    features: Sequence[Literal["quality", "attributes", "liveness", "embedding"]]
    encoding: Encoding


class EnrollOptions(FaceOptions, total=False):
    """Options of Enroll; what is left out is the service's default."""

    name: str
    metadata: Mapping[str, Any]
    collection: str
    add: bool
    """Keep the user's earlier samples."""
    check_liveness: bool
    check_duplicate: bool
    check_same_person: bool
    expected_version: int
    request_id: str
    """Made anew unless given: the same one makes a call's repetition safe, also by hand."""


class Enrolment(EnrollOptions):
    """One item of a stream."""

    user_id: str
    photo: Photo


class FilterOptions(TypedDict, total=False):
    """Options of the calls that search among all."""

    where: Where
    include_metadata: bool
    """Give each match the user's metadata."""


class ThresholdOptions(TypedDict, total=False):
    """Options of the calls that compare with the gallery."""

    threshold: float
    allow_unrecognizable: bool
    """Let a face without an identity match."""
    collection: str
    min_version: int
    """Include this write: a version that a write answered."""


class OneToManyOptions(ThresholdOptions, FilterOptions, total=False):
    """Options of the calls that search among all."""

    target_fpir: float
    """Make the threshold for the collection's size: the share of strangers who may be answered
    with somebody.
    """


class SearchOptions(OneToManyOptions, FaceOptions, total=False):
    """Options of Search."""

    top_k: int
    allow_partial: bool
    """Take an answer that lacks a part of a gallery on several servers."""


class MatchOptions(ThresholdOptions, FaceOptions, total=False):
    """Options of Verify."""

    target_fmr: float
    """Make the threshold: the share of comparisons of different people that may match."""


class IdentifyOptions(OneToManyOptions, total=False):
    """Options of Identify."""

    check_liveness: bool
    """Of each face; the answer tells it."""


class CheckInOptions(OneToManyOptions, FaceOptions, total=False):
    """Options of CheckIn."""

    user_id: str
    """Who the person claims to be; left out, searched among all."""
    review_band: float
    min_margin: float
    skip_liveness: bool


def embed(photo: Photo, **options: Unpack[EmbedOptions]) -> face.EmbedRequest:
    """As in the contract."""
    return face.EmbedRequest(**source_of(photo), **_encoded(chosen(options)))


def embed_of(number: int, photo: Photo, **options: Unpack[EmbedOptions]) -> face.StreamEmbedRequest:
    """Return one item of a stream."""
    fields = _encoded(chosen(options))
    return face.StreamEmbedRequest(item_id=str(number), **source_of(photo), **fields)


def compare(photo: Photo, other: Photo, **options: Unpack[CompareOptions]) -> face.CompareRequest:
    """As in the contract."""
    fields: dict[str, Any] = dict(options)
    for name, field in (("face", "face_selection_1"), ("other_face", "face_selection_2")):
        fields[field] = selection_of(fields.pop(name, None))
    fields["require_single_face"] = fields.pop("single_face", False)
    return face.CompareRequest(**source_of(photo, "_1"), **source_of(other, "_2"), **fields)


def check_liveness(photo: Photo, **options: Unpack[FaceOptions]) -> face.CheckLivenessRequest:
    """As in the contract."""
    return face.CheckLivenessRequest(**source_of(photo), **chosen(options))


def analyze(photo: Photo, **options: Unpack[AnalyzeOptions]) -> face.AnalyzeRequest:
    """As in the contract."""
    fields = _encoded(options)
    fields["features"] = [feature.upper() for feature in options.get("features", ())]
    return face.AnalyzeRequest(**source_of(photo), **fields)


def enroll(user_id: str, photo: Photo, **options: Unpack[EnrollOptions]) -> gallery.EnrollRequest:
    """As in the contract; a request id is made unless one is given."""
    metadata = struct_pb2.Struct()
    metadata.update(dict(options.get("metadata", {})))
    return gallery.EnrollRequest(
        user_id=user_id,
        **source_of(photo),
        name=options.get("name", ""),
        metadata=metadata,
        collection=options.get("collection", ""),
        mode=gallery.EnrollRequest.ADD if options.get("add") else gallery.EnrollRequest.REPLACE,
        check_liveness=options.get("check_liveness", False),
        check_duplicate=options.get("check_duplicate", False),
        check_same_person=options.get("check_same_person", False),
        expected_version=options.get("expected_version"),
        request_id=options.get("request_id") or uuid.uuid4().hex,
        face_selection=selection_of(options.get("face")),
        require_single_face=options.get("single_face", False),
    )


def enrolment_of(number: int, item: Enrolment) -> gallery.StreamEnrollRequest:
    """Return one item of a stream."""
    options: Any = {name: value for name, value in item.items() if name not in ("user_id", "photo")}
    request = enroll(item["user_id"], item["photo"], **options)
    return gallery.StreamEnrollRequest(item_id=str(number), enrollment=request)


def search(photo: Photo, **options: Unpack[SearchOptions]) -> gallery.SearchRequest:
    """As in the contract."""
    return gallery.SearchRequest(**source_of(photo), **chosen(_filtered(options)))


def verify(user_id: str, photo: Photo, **options: Unpack[MatchOptions]) -> gallery.VerifyRequest:
    """As in the contract."""
    return gallery.VerifyRequest(user_id=user_id, **source_of(photo), **chosen(options))


def identify(photo: Photo, **options: Unpack[IdentifyOptions]) -> gallery.IdentifyRequest:
    """As in the contract."""
    return gallery.IdentifyRequest(**source_of(photo), **_filtered(options))


def check_in(photo: Photo, **options: Unpack[CheckInOptions]) -> gallery.CheckInRequest:
    """As in the contract."""
    return gallery.CheckInRequest(**source_of(photo), **chosen(_filtered(options)))


def check_in_frames(
    frames: Iterable[PhotoFile], challenge_token: str, **options: Unpack[CheckInOptions]
) -> gallery.CheckInRequest:
    """As in the contract: two to five frames of one person."""
    return gallery.CheckInRequest(
        images=[bytes_of(frame) for frame in frames],
        challenge_token=challenge_token,
        **chosen(_filtered(options)),
    )


def conditions_of(where: Where) -> list[str]:
    """Return a filter as the contract has it: keys and values as JSON, so that a text stays one."""
    return [
        f"{json.dumps(key, ensure_ascii=False)}={json.dumps(value, ensure_ascii=False)}"
        for key, value in where.items()
    ]


def _filtered(options: Any) -> dict[str, Any]:
    values = dict(options)
    return {**values, "where": conditions_of(values.get("where", {}))}


def _encoded(options: Any) -> dict[str, Any]:
    fields = dict(options)
    if "encoding" in fields:
        fields["encoding"] = f"EMBEDDING_ENCODING_{fields['encoding'].upper()}"
    return fields
