"""Events and dead letters as bytes: what the stores keep of them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from facesvc.domain.deliveries import DeadLetter
from facesvc.domain.events import Event
from facesvc.gallery.stores.records import from_microseconds, to_microseconds

_STEP_BYTES = 256  # so that records come in few sizes, and a wiped one finds a new use


def encode_event(event: Event) -> bytes:
    """Return an event's bytes, compact JSON."""
    return _packed(_parts(event))


def decode_event(record: bytes) -> Event:
    """Return the event of these bytes."""
    return _event(json.loads(record))


def encode_letter(letter: DeadLetter) -> bytes:
    """Return a dead letter's bytes, without its id."""
    failed = to_microseconds(letter.failed_at)
    head = [letter.endpoint, letter.attempts, letter.error, failed, letter.replays]
    return _packed([*head, _parts(letter.event)])


def decode_letter(letter_id: str, record: bytes) -> DeadLetter:
    """Return the dead letter of these bytes."""
    endpoint, attempts, error, failed, replays, event = json.loads(record)
    letter = DeadLetter(
        endpoint, _event(event), attempts, error, from_microseconds(failed), bool(replays)
    )
    return replace(letter, letter_id=letter_id)


def padded(record: bytes) -> bytes:
    """Return the bytes with blanks behind them."""
    return record + b" " * (-len(record) % _STEP_BYTES)


def _parts(event: Event) -> list[Any]:
    moment = to_microseconds(event.time)
    parts = [event.event_id, str(event.kind), event.collection, moment, event.user_id]
    return [*parts, dict(event.data)]


def _event(parts: list[Any]) -> Event:
    event_id, kind, collection, microseconds, user_id, data = parts
    return Event(kind, collection, user_id, data, from_microseconds(microseconds), event_id)


def _packed(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
