"""Following the events, over ends of servers and connections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

from facesvc_client.errors import FacesvcError, UnavailableError
from facesvc_client.v1 import event_service_pb2 as events

FIRST_WAIT_S, LONGEST_WAIT_S = 0.2, 5.0


class EventOptions(TypedDict, total=False):
    """Which events are wanted."""

    collection: str
    kinds: Sequence[str]
    only_new: bool


@dataclass
class Following:
    """Where a reader stands, and how long it waits before it calls again."""

    cursor: str
    options: EventOptions
    failures: int = 0

    def request(self) -> events.StreamEventsRequest:
        """Return the next call's request."""
        return events.StreamEventsRequest(cursor=self.cursor, **self.options)

    def take(self, answer: events.StreamEventsResponse) -> events.Event | None:
        """Note the cursor; return the event, None for a sign of life."""
        self.failures = 0
        self.cursor = answer.cursor or self.cursor
        return answer.event if answer.HasField("event") else None

    def wait_s(self, error: FacesvcError | None) -> float:
        """Return how long to wait after the end of a call, or raise an error that would come
        again.
        """
        if error is not None:
            if not isinstance(error, UnavailableError):
                raise error
            self.failures += 1
        return min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(self.failures, 10))
