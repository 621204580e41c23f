"""Calls about events and webhooks."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import Unpack

import grpc

from facesvc_client.errors import error_of
from facesvc_client.following import EventOptions, Following
from facesvc_client.sync_calls.base import Calls
from facesvc_client.v1 import event_service_pb2 as events


class EventCalls(Calls):
    """Calls about events and webhooks."""

    def list_events(
        self, cursor: str = "", *, page_size: int = 0, **options: Unpack[EventOptions]
    ) -> events.ListEventsResponse:
        """Tell the next events behind a cursor, "" for the oldest."""
        request = events.ListEventsRequest(cursor=cursor, page_size=page_size, **options)
        return self._call(events.ListEventsResponse, self.events.ListEvents, request)

    def follow_events(
        self, cursor: str = "", **options: Unpack[EventOptions]
    ) -> Iterator[tuple[events.Event, str]]:
        """Yield each event from a cursor on as it happens, for ever, with the cursor to keep: it
        is behind this event or an earlier one. A service that ends or is away is called again;
        other errors are raised, CURSOR_EXPIRED for one.
        """
        following = Following(cursor, options)
        while True:
            failed = None
            try:
                call = self.events.StreamEvents(following.request(), metadata=self.metadata)
                for answer in call:
                    event = following.take(answer)
                    if event is not None:
                        yield event, following.cursor
            except grpc.RpcError as error:
                failed = error_of(error)
            time.sleep(following.wait_s(failed))

    def dead_letters(
        self, endpoint: str = "", *, page_token: str = ""
    ) -> events.ListDeadLettersResponse:
        """Page through what webhook endpoints did not take."""
        request = events.ListDeadLettersRequest(endpoint=endpoint, page_token=page_token)
        return self._call(events.ListDeadLettersResponse, self.events.ListDeadLetters, request)

    def replay_dead_letters(
        self, endpoint: str = "", letter_ids: Iterable[str] = ()
    ) -> events.ReplayDeadLettersResponse:
        """Have dead letters sent again: these, or with none every one of the endpoint."""
        request = events.ReplayDeadLettersRequest(endpoint=endpoint, letter_ids=letter_ids)
        return self._call(events.ReplayDeadLettersResponse, self.events.ReplayDeadLetters, request)
