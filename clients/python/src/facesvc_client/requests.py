"""Requests of the calls, the same for both clients."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, TypedDict, Unpack

from google.protobuf import struct_pb2

from facesvc_client.photo import Photo, source_of
from facesvc_client.v1 import face_service_pb2 as face
from facesvc_client.v1 import gallery_service_pb2 as gallery


class EnrollOptions(TypedDict, total=False):
    """Options of Enroll; what is left out is the service's default."""

    name: str
    metadata: Mapping[str, Any]
    collection: str
    add: bool
    """Keep the user's earlier samples."""
    check_liveness: bool
    check_duplicate: bool
    expected_version: int
    request_id: str
    """Made anew unless given: the same one makes a call's repetition safe, also by hand."""


class Enrolment(EnrollOptions):
    """One item of a stream."""

    user_id: str
    photo: Photo


class SearchOptions(TypedDict, total=False):
    """Options of Search."""

    top_k: int
    threshold: float
    collection: str


class MatchOptions(TypedDict, total=False):
    """Options of Verify and Identify."""

    threshold: float
    collection: str


class CheckInOptions(TypedDict, total=False):
    """Options of CheckIn."""

    user_id: str
    threshold: float
    review_band: float
    min_margin: float
    skip_liveness: bool
    collection: str


def compare(photo: Photo, other: Photo, threshold: float | None) -> face.CompareRequest:
    """As in the contract."""
    return face.CompareRequest(
        **source_of(photo, "_1"), **source_of(other, "_2"), threshold=threshold
    )


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
        expected_version=options.get("expected_version"),
        request_id=options.get("request_id") or uuid.uuid4().hex,
    )


def enrolment_of(number: int, item: Enrolment) -> gallery.StreamEnrollRequest:
    """Return one item of a stream."""
    options: Any = {name: value for name, value in item.items() if name not in ("user_id", "photo")}
    request = enroll(item["user_id"], item["photo"], **options)
    return gallery.StreamEnrollRequest(item_id=str(number), enrollment=request)


def delete(
    user_id: str, *, collection: str = "", expected_version: int | None = None
) -> gallery.DeleteEnrollmentRequest:
    """As in the contract, with a request id."""
    return gallery.DeleteEnrollmentRequest(
        user_id=user_id,
        collection=collection,
        expected_version=expected_version,
        request_id=uuid.uuid4().hex,
    )


def search(photo: Photo, **options: Unpack[SearchOptions]) -> gallery.SearchRequest:
    """As in the contract."""
    return gallery.SearchRequest(**source_of(photo), **options)


def verify(user_id: str, photo: Photo, **options: Unpack[MatchOptions]) -> gallery.VerifyRequest:
    """As in the contract."""
    return gallery.VerifyRequest(user_id=user_id, **source_of(photo), **options)


def identify(photo: Photo, **options: Unpack[MatchOptions]) -> gallery.IdentifyRequest:
    """As in the contract."""
    return gallery.IdentifyRequest(**source_of(photo), **options)


def check_in(photo: Photo, **options: Unpack[CheckInOptions]) -> gallery.CheckInRequest:
    """As in the contract."""
    return gallery.CheckInRequest(**source_of(photo), **options)


def page(collection: str, token: str, size: int) -> gallery.ListGalleryRequest:
    """As in the contract."""
    return gallery.ListGalleryRequest(collection=collection, page_token=token, page_size=size)
