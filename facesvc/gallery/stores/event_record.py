"""Events as bytes: what the stores keep of them."""

from __future__ import annotations

import json

from facesvc.domain.events import Event
from facesvc.gallery.stores.records import from_microseconds, to_microseconds

_STEP_BYTES = 256  # so that records come in few sizes, and a wiped one finds a new use


def encode_event(event: Event) -> bytes:
    """Return an event's bytes, compact JSON."""
    parts = [
        event.event_id,
        str(event.kind),
        event.collection,
        to_microseconds(event.time),
        event.user_id,
        dict(event.data),
    ]
    return json.dumps(parts, ensure_ascii=False, separators=(",", ":")).encode()


def padded_event(event: Event) -> bytes:
    """Return an event's bytes with blanks behind them."""
    record = encode_event(event)
    return record + b" " * (-len(record) % _STEP_BYTES)


def decode_event(record: bytes) -> Event:
    """Return the event of these bytes."""
    event_id, kind, collection, microseconds, user_id, data = json.loads(record)
    return Event(kind, collection, user_id, data, from_microseconds(microseconds), event_id)
