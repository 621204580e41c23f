"""Requests of the calls, the same for both clients."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias, TypedDict, Unpack

from google.protobuf import field_mask_pb2, struct_pb2

from facesvc_client.photo import Photo, source_of
from facesvc_client.v1 import face_service_pb2 as face
from facesvc_client.v1 import gallery_service_pb2 as gallery

Where: TypeAlias = Mapping[str, str | float | bool]
"""Metadata that users must have to be chosen: each key with an equal value."""


class EnrollOptions(TypedDict, total=False):
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


class SearchOptions(FilterOptions, total=False):
    """Options of Search."""

    top_k: int
    threshold: float
    collection: str


class MatchOptions(TypedDict, total=False):
    """Options of Verify."""

    threshold: float
    collection: str


class IdentifyOptions(FilterOptions, total=False):
    """Options of Identify."""

    threshold: float
    collection: str


class CheckInOptions(FilterOptions, total=False):
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
        check_same_person=options.get("check_same_person", False),
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


class EditOptions(TypedDict, total=False):
    """What every change of a user may be given; the names are the contract's."""

    collection: str
    expected_version: int
    request_id: str


def update(
    user_id: str,
    name: str | None,
    metadata: Mapping[str, Any] | None,
    **options: Unpack[EditOptions],
) -> gallery.UpdateUserRequest:
    """As in the contract; None leaves what there is."""
    given = {"name": name, "metadata": metadata}
    request = gallery.UpdateUserRequest(user_id=user_id, name=name or "", **_edit(options))
    request.update_mask.paths.extend(key for key, value in given.items() if value is not None)
    if metadata is not None:
        request.metadata.update(dict(metadata))
    return request


def delete_sample(
    user_id: str, sample_id: str, **options: Unpack[EditOptions]
) -> gallery.DeleteSampleRequest:
    """As in the contract."""
    return gallery.DeleteSampleRequest(user_id=user_id, sample_id=sample_id, **_edit(options))


def move_sample(
    user_id: str, sample_id: str, target: str, create: bool, options: EditOptions
) -> gallery.MoveSampleRequest:
    """As in the contract."""
    return gallery.MoveSampleRequest(
        user_id=user_id,
        sample_id=sample_id,
        target_user_id=target,
        create_target=create,
        **_edit(options),
    )


def merge(
    user_id: str, source: str, source_version: int | None, options: EditOptions
) -> gallery.MergeUsersRequest:
    """As in the contract."""
    return gallery.MergeUsersRequest(
        user_id=user_id,
        source_user_id=source,
        expected_source_version=source_version,
        **_edit(options),
    )


def _edit(options: EditOptions) -> Any:
    return {**options, "request_id": options.get("request_id") or uuid.uuid4().hex}


def search(photo: Photo, **options: Unpack[SearchOptions]) -> gallery.SearchRequest:
    """As in the contract."""
    return gallery.SearchRequest(**source_of(photo), **_filtered(options))


def verify(user_id: str, photo: Photo, **options: Unpack[MatchOptions]) -> gallery.VerifyRequest:
    """As in the contract."""
    return gallery.VerifyRequest(user_id=user_id, **source_of(photo), **options)


def identify(photo: Photo, **options: Unpack[IdentifyOptions]) -> gallery.IdentifyRequest:
    """As in the contract."""
    return gallery.IdentifyRequest(**source_of(photo), **_filtered(options))


def check_in(photo: Photo, **options: Unpack[CheckInOptions]) -> gallery.CheckInRequest:
    """As in the contract."""
    return gallery.CheckInRequest(**source_of(photo), **_filtered(options))


class CollectionOptions(TypedDict, total=False):
    """Settings of a collection; None takes the server's default again."""

    description: str | None
    match_threshold: float | None
    target_fpir: float | None
    quality_threshold: float | None
    max_users: int | None
    retention_days: int | None


def set_collection(
    collection: str, expected_version: int | None, **settings: Unpack[CollectionOptions]
) -> gallery.SetCollectionRequest:
    """As in the contract; every setting that is named changes."""
    return gallery.SetCollectionRequest(
        collection=collection,
        settings=gallery.CollectionSettings(**settings),
        update_mask=field_mask_pb2.FieldMask(paths=settings),
        expected_settings_version=expected_version,
    )


def page(collection: str, token: str, size: int, where: Where) -> gallery.ListGalleryRequest:
    """As in the contract."""
    return gallery.ListGalleryRequest(
        collection=collection, page_token=token, page_size=size, where=conditions_of(where)
    )


def delete_users(
    user_ids: Iterable[str], where: Where, *, collection: str, dry_run: bool, request_id: str
) -> gallery.DeleteUsersRequest:
    """As in the contract, with a request id."""
    return gallery.DeleteUsersRequest(
        user_ids=user_ids,
        where=conditions_of(where),
        collection=collection,
        dry_run=dry_run,
        request_id=request_id or uuid.uuid4().hex,
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
