"""ListEvents and StreamEvents: their requests, and events as messages."""

from __future__ import annotations

from google.protobuf import json_format, struct_pb2

from facesvc.application.events import EventsRequest
from facesvc.application.stream_events import ToldEvent
from facesvc.domain import limits
from facesvc.domain.errors import InvalidFieldError
from facesvc.domain.event_cursor import Cursor, EventPage
from facesvc.domain.events import Event, EventFilter, EventKind, kinds_of
from facesvc.v1 import event_service_pb2 as pb

DEFAULT_PAGE = 100


def to_request(request: pb.ListEventsRequest | pb.StreamEventsRequest) -> EventsRequest:
    """Check and convert what both requests say. Raises InvalidFieldError."""
    try:
        kinds = kinds_of(request.kinds)
    except ValueError as error:
        known = ", ".join(sorted(EventKind))
        raise InvalidFieldError(
            f"kinds must be among {known}, or begin one of them, as user.* does.",
            field="kinds",
            value=str(error)[:64],
        ) from None
    collection = limits.collection(request.collection, "")
    return EventsRequest(
        Cursor.decode(request.cursor), EventFilter(collection, kinds), request.only_new
    )


def to_page_size(request: pb.ListEventsRequest) -> int:
    """Return the most events of an answer. Raises InvalidFieldError."""
    return limits.page_size(request.page_size, DEFAULT_PAGE)


def to_event(event: Event) -> pb.Event:
    """Return the message of an event."""
    told = event.cloud_event()
    data = json_format.ParseDict(told.pop("data"), struct_pb2.Struct())
    told.pop("time")
    message = pb.Event(**told, data=data)
    message.time.FromDatetime(event.time)
    return message


def to_response(page: EventPage) -> pb.ListEventsResponse:
    """Return the answer of ListEvents."""
    events = [to_event(event) for event in page.events]
    return pb.ListEventsResponse(events=events, cursor=page.cursor.encode(), more=page.more)


def to_stream_response(told: ToldEvent) -> pb.StreamEventsResponse:
    """Return one answer of StreamEvents."""
    return pb.StreamEventsResponse(
        event=None if told.event is None else to_event(told.event),
        cursor="" if told.cursor is None else told.cursor.encode(),
    )
