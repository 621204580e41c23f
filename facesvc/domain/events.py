"""What the service tells those who follow it: an event, its kinds, and its form as a CloudEvent.

An event names users by their ids. It holds no embedding, no photo, no name and no metadata.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

SPECVERSION = "1.0"  # of CloudEvents, https://github.com/cloudevents/spec
_TYPE_PREFIX = "facesvc."
_SOURCE_PREFIX = "/facesvc/collections/"

Data = Mapping[str, Any]


class EventKind(StrEnum):
    """What happened. An event's type is "facesvc." and this."""

    USER_ENROLLED = "user.enrolled"
    """A sample was enrolled; data: version, sample_id, samples."""
    USER_UPDATED = "user.updated"
    """A user's record changed and no sample was enrolled; data: version, samples."""
    USER_DELETED = "user.deleted"
    """A user is gone, with every sample; data: version."""
    USER_MERGED = "user.merged"
    """Samples of other users are this user's now; data: version, samples, from_user_ids."""
    SAMPLE_DELETED = "sample.deleted"
    """One sample of a user is gone; data: version, samples, sample_id."""
    SAMPLE_MOVED = "sample.moved"
    """A sample is another user's now, the event's; data: version, samples, sample_id,
    from_user_id.
    """
    COLLECTION_DELETED = "collection.deleted"
    """A collection is gone, with every user; data: version."""
    CHECKIN_DECIDED = "checkin.decided"
    """CheckIn decided; data: decision, reasons, similarity of a match, claimed_user_id."""
    DOCTOR_FINDING = "doctor.finding"
    """CheckGallery found something; data: finding, sample_id, other_user_id, other_sample_id,
    measured, limit.
    """
    EVENTS_ERASED = "events.erased"
    """EraseDeleted took events about users who are gone out of the log; data: events."""

    @property
    def is_write(self) -> bool:
        """True for what a write of the gallery tells, in the transaction of that write."""
        return self not in _NO_WRITES


_NO_WRITES = frozenset(
    {EventKind.CHECKIN_DECIDED, EventKind.DOCTOR_FINDING, EventKind.EVENTS_ERASED}
)


@dataclass(frozen=True)
class Event:
    """One event. ``user_id`` is whom it is about, "" for nobody; ``event_id`` is what a consumer
    knows a repetition by. ``kind`` is an EventKind, or that of a later release.
    """

    kind: str
    collection: str
    user_id: str = ""
    data: Data = field(default_factory=dict)
    time: datetime = field(default_factory=lambda: datetime.now(UTC))
    event_id: str = field(default_factory=lambda: uuid.uuid4().hex)

    def cloud_event(self) -> dict[str, Any]:
        """Return the event as CloudEvents' JSON format has it."""
        told: dict[str, Any] = {
            "specversion": SPECVERSION,
            "id": self.event_id,
            "source": _SOURCE_PREFIX + self.collection,
            "type": _TYPE_PREFIX + self.kind,
            "time": self.time.isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "datacontenttype": "application/json",
            "data": {"collection": self.collection, **self._whom(), **self.data},
        }
        if self.user_id:
            told["subject"] = self.user_id
        return told

    def users(self) -> frozenset[str]:
        """Return everybody whom the event names."""
        others = (
            self.data.get(name) for name in ("from_user_id", "other_user_id", "claimed_user_id")
        )
        every = (self.user_id, *others, *self.data.get("from_user_ids", ()))
        return frozenset(filter(None, every))

    def _whom(self) -> dict[str, str]:
        return {"user_id": self.user_id} if self.user_id else {}


@dataclass(frozen=True)
class EventFilter:
    """Which events are wanted: of a collection, "" for all, and of some kinds, () for all."""

    collection: str = ""
    kinds: frozenset[EventKind] = frozenset()

    def passes(self, event: Event) -> bool:
        """Tell whether the event is wanted."""
        return self.collection in ("", event.collection) and (
            not self.kinds or event.kind in self.kinds
        )


@dataclass(frozen=True)
class Retention:
    """How long the log keeps events, in seconds, and how many at most."""

    seconds: float
    count: int


def kinds_of(words: Sequence[str]) -> frozenset[EventKind]:
    """Return the kinds that the words mean: a kind with or without "facesvc.", or all that begin
    like "user.*". Raises ValueError that names a word that means none.
    """
    found: set[EventKind] = set()
    for word in words:
        name = word.removeprefix(_TYPE_PREFIX)
        if name.endswith(".*"):
            meant = {kind for kind in EventKind if kind.startswith(name[:-1])}
        else:
            meant = {kind for kind in EventKind if kind == name}
        if not meant:
            raise ValueError(word)
        found |= meant
    return frozenset(found)
