"""The events of a write, from what it changed."""

from __future__ import annotations

from typing import Any

from facesvc.domain.events import Event, EventKind
from facesvc.domain.gallery_edits import GalleryEdit, SampleDeletion, SampleMove, UserMerge
from facesvc.gallery.stores.port import Change


def event_of_edit(edit: GalleryEdit) -> Event:
    """Return the event of an edit, without its version and how many samples the user has then."""
    kind, user_id, told = EventKind.USER_UPDATED, edit.user_id, dict[str, Any]()
    match edit:
        case SampleDeletion():
            kind, told = EventKind.SAMPLE_DELETED, {"sample_id": edit.sample_id}
        case UserMerge():
            kind, told = EventKind.USER_MERGED, {"from_user_ids": [edit.source_user_id]}
        case SampleMove():
            kind, user_id = EventKind.SAMPLE_MOVED, edit.target_user_id
            told = {"sample_id": edit.sample_id, "from_user_id": edit.user_id}
    return Event(kind, edit.collection, user_id, told)


def event_of(change: Change) -> Event:
    """Return the event of a change that says nothing of its own."""
    kind, told = EventKind.USER_UPDATED, dict[str, Any](version=change.version)
    if not change.user_id:
        kind = EventKind.COLLECTION_DELETED
    elif change.user is None:
        kind = EventKind.USER_DELETED
    elif change.sample is not None:
        kind = EventKind.USER_ENROLLED
        told["sample_id"], told["samples"] = change.sample.sample_id, change.user.samples
    return Event(kind, change.collection, change.user_id, told)
