"""The log of events in the file: the statements that write, read and wipe it."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from facesvc.domain.event_cursor import Cursor, CursorExpiredError, Position
from facesvc.domain.events import Event, Retention
from facesvc.gallery.stores.event_record import decode_event, encode_event, padded
from facesvc.gallery.stores.records import to_microseconds
from facesvc.gallery.stores.sealing import KeyRing
from facesvc.gallery.stores.sqlite.event_state import EventState
from facesvc.gallery.stores.sqlite.record_rows import RecordRows
from facesvc.gallery.stores.sqlite.tables import NO_OWNER

PART = "log"  # the one part of this log, in cursors
_WIPED_AT_ONCE = 256
_SPARE = 0.05  # of the count: a log is cut once it is so much longer


@dataclass(frozen=True)
class StoredEvent:
    """An event, and where it is."""

    row: int
    number: int
    event: Event


class EventTable:
    """Used by one thread a time. ``keep`` bounds the log; with None it is emptied, and one that is
    kept later begins anew, since it would lack the writes in between.
    """

    def __init__(
        self, connection: sqlite3.Connection, ring: KeyRing, keep: Retention | None
    ) -> None:
        self.rows = RecordRows(connection, ring, "events", "event")
        self._state = EventState(connection)
        self._keep = keep or Retention(seconds=0.0, count=0)
        self._epoch = self._state.get("epoch")
        if bool(self._epoch) != bool(keep):
            self._epoch = uuid.uuid4().hex[:16] if keep else ""
            self._state.put("epoch", self._epoch)
        self._trimmed = int(self._state.get("trimmed") or NO_OWNER)

    @property
    def is_long(self) -> bool:
        """True when there are more events than there should be."""
        return self._last() - self._trimmed > self._keep.count * (1 + _SPARE)

    def append(self, events: Sequence[Event]) -> None:
        """Write events behind the others, inside a transaction."""
        for number, event in enumerate(events, self._last() + 1):
            self.rows.add(number, to_microseconds(event.time), padded(encode_event(event)))

    def read(self, cursor: Cursor, most: int) -> tuple[list[StoredEvent], Cursor]:
        """Return events behind the cursor, and the cursor behind them. Raises CursorExpiredError,
        SealError.
        """
        at, after = cursor.positions.get(PART), self._trimmed
        if at is not None:
            known = at.epoch == self._epoch and at.number <= self._last()
            if not known or at.number < self._trimmed:
                raise CursorExpiredError(self._cursor(self._trimmed))
            after = at.number
        found = list(self._after(after - 1, most + 1))  # with the one that was read last
        if found and found[0].number == after:
            read_last = found.pop(0)
            if at is not None and not at.fits(read_last.event.event_id):
                raise CursorExpiredError(self._cursor(self._trimmed))
        found = found[:most]
        if not found:
            return found, self._cursor(after) if at is None else cursor
        last = found[-1]
        position = Position.behind(self._epoch, last.number, last.event.event_id)
        return found, Cursor({PART: position})

    def newest(self) -> Cursor:
        """Return the cursor behind the last event."""
        return self._cursor(self._last())

    def all(self) -> Iterator[StoredEvent]:
        """Yield every event. Raises SealError."""
        yield from self._after(self._trimmed, -1)

    def trim(self, now: float) -> bool:
        """Wipe events that are too old or too many, inside a transaction; tell if there may be
        more of them. ``now`` in seconds since 1970.
        """
        oldest = int((now - self._keep.seconds) * 1e6)
        excess = self._last() - self._trimmed - self._keep.count if self.is_long else 0
        gone = 0
        for place, (row, number, created) in enumerate(self.rows.ages(_WIPED_AT_ONCE)):
            if place >= excess and created >= oldest:
                break
            self.rows.wipe(row)
            self._trimmed, gone = number, gone + 1
        if gone:
            self._state.put("trimmed", str(self._trimmed))
        return gone == _WIPED_AT_ONCE

    def _after(self, number: int, most: int) -> Iterator[StoredEvent]:
        for found in self.rows.after(number, most):
            yield StoredEvent(found.row, found.number, decode_event(found.plain))

    def _last(self) -> int:
        return max(self.rows.last(), self._trimmed)

    def _cursor(self, number: int) -> Cursor:
        return Cursor({PART: Position(self._epoch, number)})
