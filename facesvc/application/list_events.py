"""Reading events page by page."""

from __future__ import annotations

from dataclasses import dataclass, replace

from facesvc.application.call import Call
from facesvc.application.events import EventSource, EventsRequest
from facesvc.domain.event_cursor import EventPage


@dataclass(frozen=True)
class ListEvents:
    """Answers ListEvents."""

    source: EventSource

    def __call__(self, request: EventsRequest, most: int, call: Call) -> EventPage:
        """Return the next events. Raises EventsOffError, CursorExpiredError,
        StoreUnavailableError.
        """
        log, cursor, wanted = self.source.open(request, call)
        page = log.read(cursor, wanted.collection, most, call)
        return replace(page, events=[event for event in page.events if wanted.passes(event)])
