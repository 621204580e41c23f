"""Requests of the calls about users and collections, the same for both clients."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any, TypedDict, Unpack

from google.protobuf import field_mask_pb2

from facesvc_client.requests import Where, conditions_of
from facesvc_client.v1 import gallery_service_pb2 as gallery


class EditOptions(TypedDict, total=False):
    """What every change of a user may be given; the names are the contract's."""

    collection: str
    expected_version: int
    request_id: str


class ReadOptions(TypedDict, total=False):
    """What every read of users may be given."""

    collection: str
    min_version: int
    """Include this write: a version that a write answered."""


class GetOptions(ReadOptions, total=False):
    """Options of GetEnrollment."""

    include_samples: bool


def delete(user_id: str, **options: Unpack[EditOptions]) -> gallery.DeleteEnrollmentRequest:
    """As in the contract, with a request id."""
    return gallery.DeleteEnrollmentRequest(user_id=user_id, **_edit(options))


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


def _edit(options: EditOptions | DeleteUsersOptions) -> Any:
    return {**options, "request_id": options.get("request_id") or uuid.uuid4().hex}


def page(
    token: str, size: int, where: Where, **options: Unpack[ReadOptions]
) -> gallery.ListGalleryRequest:
    """As in the contract."""
    return gallery.ListGalleryRequest(
        page_token=token, page_size=size, where=conditions_of(where), **options
    )


class DeleteUsersOptions(TypedDict, total=False):
    """Options of DeleteUsers."""

    collection: str
    dry_run: bool
    """Remove nobody, and tell whom it would: a page of ``page_size`` after ``page_token``."""
    page_size: int
    page_token: str
    request_id: str


def delete_users(
    user_ids: Iterable[str], where: Where, **options: Unpack[DeleteUsersOptions]
) -> gallery.DeleteUsersRequest:
    """As in the contract, with a request id."""
    return gallery.DeleteUsersRequest(
        user_ids=user_ids, where=conditions_of(where), **_edit(options)
    )


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
