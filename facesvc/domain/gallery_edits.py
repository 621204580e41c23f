"""Changes of people who are enrolled: what needs no photo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class UserUpdate:
    """Another name or other metadata; None leaves what there is."""

    collection: str
    user_id: str
    name: str | None = None
    metadata: Mapping[str, Any] | None = None
    request_id: str = ""
    expected_version: int | None = None


@dataclass(frozen=True)
class SampleDeletion:
    """One sample of a user less; the last one stays."""

    collection: str
    user_id: str
    sample_id: str
    request_id: str = ""
    expected_version: int | None = None


@dataclass(frozen=True)
class UserMerge:
    """All samples of the source become the user's, and the source is gone. The user keeps its
    name, metadata and age. ``expected_version`` is the user's.
    """

    collection: str
    user_id: str
    source_user_id: str
    request_id: str = ""
    expected_version: int | None = None
    expected_source_version: int | None = None


@dataclass(frozen=True)
class SampleMove:
    """One sample of a user becomes another user's, which ``create_target`` may make;
    ``expected_version`` is that of the user who has it.
    """

    collection: str
    user_id: str
    sample_id: str
    target_user_id: str
    create_target: bool = False
    request_id: str = ""
    expected_version: int | None = None


GalleryEdit = UserUpdate | SampleDeletion | UserMerge | SampleMove


def users_of(edit: GalleryEdit) -> tuple[str, ...]:
    """Return the users whom an edit may change, the one that it names first."""
    if isinstance(edit, UserMerge):
        return (edit.user_id, edit.source_user_id)
    if isinstance(edit, SampleMove):
        return (edit.user_id, edit.target_user_id)
    return (edit.user_id,)


def identity_of(edit: GalleryEdit) -> tuple[str, ...]:
    """Return what makes two edits the same one for a request_id: their kind and whom they name."""
    sample = (edit.sample_id,) if isinstance(edit, SampleDeletion | SampleMove) else ()
    return (type(edit).__name__, *users_of(edit), *sample)
