"""The events that a gallery keeps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from facesvc.application.call import Call
from facesvc.application.ports.deliveries import DeliveryBook
from facesvc.domain.event_cursor import Cursor, EventPage
from facesvc.domain.events import Event


class EventJournal(Protocol):
    """Takes events that are no writes; a write's own are kept with the write."""

    def append(self, events: Sequence[Event], call: Call, *, wait: bool) -> None:
        """Keep the events. With ``wait`` they are durable on return, and what keeps them from it
        is raised: StoreUnavailableError, CallEndedError. Without, they are durable soon, and what
        fails is logged.
        """
        ...


class EventLog(EventJournal, Protocol):
    """The events of all collections, each part in order. Thread-safe."""

    def read(self, cursor: Cursor, collection: str, most: int, call: Call) -> EventPage:
        """Return some of the events behind the cursor, of all collections for "". Raises
        CursorExpiredError, StoreUnavailableError.
        """
        ...

    @property
    def written(self) -> int:
        """How many events this process has written since its start."""
        ...

    @property
    def deliveries(self) -> DeliveryBook:
        """What is kept of sending the events on."""
        ...

    def newest(self, collection: str, call: Call) -> Cursor:
        """Return the cursor behind the last event. Raises StoreUnavailableError."""
        ...

    def wait(self, seconds: float) -> None:
        """Return when there may be new events, at the latest after some seconds."""
        ...
