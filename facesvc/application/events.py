"""What the calls on events share: where they read, and which events."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from facesvc.application.call import Call
from facesvc.application.ports.events import EventLog
from facesvc.application.ports.gallery_reader import GalleryReader
from facesvc.domain.errors import OverloadedError
from facesvc.domain.event_cursor import Cursor, EventsOffError
from facesvc.domain.events import EventFilter

MOST_TAILS = 32  # streams that wait for events; each has a thread


@dataclass(frozen=True)
class EventsRequest:
    """Which events are wanted, from where. ``only_new`` without a position: none of before."""

    cursor: Cursor
    filter: EventFilter
    only_new: bool = False


@dataclass(frozen=True)
class EventSource:
    """The log of a gallery, for a request."""

    gallery: GalleryReader

    def open(self, request: EventsRequest, call: Call) -> tuple[EventLog, Cursor, EventFilter]:
        """Return the log, where to read it and what to tell of it; an alias is followed. Raises
        EventsOffError, ModelMismatchError, StoreUnavailableError.
        """
        log = self.gallery.events
        if log is None:
            raise EventsOffError
        wanted, cursor = request.filter, request.cursor
        if wanted.collection:
            wanted = replace(wanted, collection=self.gallery.resolve(wanted.collection))
        if request.only_new and not cursor.positions:
            cursor = log.newest(wanted.collection, call)
        return log, cursor, wanted


@dataclass
class Tails:
    """The streams that wait for events; ``end`` lets go of them all."""

    most: int = MOST_TAILS
    _ending: threading.Event = field(default_factory=threading.Event)
    _room: threading.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._room = threading.Semaphore(self.most)

    @property
    def ending(self) -> bool:
        """True once the service wants to end."""
        return self._ending.is_set()

    def end(self) -> None:
        """Have every stream end with its next look."""
        self._ending.set()

    @contextmanager
    def one(self) -> Iterator[None]:
        """Be one of them. Raises OverloadedError when there are as many as there may be."""
        if not self._room.acquire(blocking=False):
            raise OverloadedError(f"{self.most} streams of events are open.", retry_after_s=5.0)
        try:
            yield
        finally:
            self._room.release()
