"""The events of a write, from what it changed."""

from __future__ import annotations

from typing import Any

from facesvc.domain.events import Event, EventKind
from facesvc.gallery.stores.port import Change


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
