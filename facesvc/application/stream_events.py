"""Following the events as they happen."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from facesvc.application.call import Call
from facesvc.application.events import EventSource, EventsRequest, Tails
from facesvc.domain.event_cursor import Cursor
from facesvc.domain.events import Event

PAGE = 64  # events that a stream holds while its reader is slow; the others wait in the log
LOOK_S = 0.25
SIGN_OF_LIFE_S = 15.0


@dataclass(frozen=True)
class ToldEvent:
    """An event, or None for a sign of life; and where the reader stands, where that is known."""

    event: Event | None
    cursor: Cursor | None


@dataclass(frozen=True)
class StreamEvents:
    """Answers StreamEvents."""

    source: EventSource
    tails: Tails

    def __call__(
        self, request: EventsRequest, call: Call, *, follow: bool = True
    ) -> Iterator[ToldEvent]:
        """Yield the events there are, and with ``follow`` each that comes, until the call or the
        service ends. Raises EventsOffError, CursorExpiredError, StoreUnavailableError,
        OverloadedError, CallEndedError.
        """
        with self.tails.one():
            log, cursor, wanted = self.source.open(request, call)
            told_at = time.monotonic()
            while True:
                page = log.read(cursor, wanted.collection, PAGE, call)
                cursor = page.cursor
                events = [event for event in page.events if wanted.passes(event)]
                for event in events[:-1]:
                    yield ToldEvent(event, None)
                if events:
                    yield ToldEvent(events[-1], cursor)
                    told_at = time.monotonic()
                if self.tails.ending or not (page.more or follow):
                    yield ToldEvent(None, cursor)
                    return
                if not page.more:
                    if time.monotonic() - told_at >= SIGN_OF_LIFE_S:
                        yield ToldEvent(None, cursor)
                        told_at = time.monotonic()
                    log.wait(LOOK_S)
                    call.check()
