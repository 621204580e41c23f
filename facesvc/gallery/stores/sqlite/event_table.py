"""The log of events in the file: the statements that write, read and wipe it.

As with users and samples, an event's row is never deleted but overwritten with zeros and used
again: see user_table.py. Readers count by its number. A wiped row has a negative one there, by
which a row of the right length is found again.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from facesvc.domain.event_cursor import Cursor, CursorExpiredError, Position
from facesvc.domain.events import Event, Retention
from facesvc.gallery.stores.event_record import decode_event, padded_event
from facesvc.gallery.stores.records import to_microseconds
from facesvc.gallery.stores.sealing import KeyRing
from facesvc.gallery.stores.sqlite.tables import NO_OWNER, next_row

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
        self._run = connection.execute
        self._ring = ring
        self._keep = keep or Retention(seconds=0.0, count=0)
        self._epoch = self._state("epoch")
        if bool(self._epoch) != bool(keep):
            self._epoch = uuid.uuid4().hex[:16] if keep else ""
            self._put_state("epoch", self._epoch)
        self._trimmed = int(self._state("trimmed") or NO_OWNER)

    @property
    def is_long(self) -> bool:
        """True when there are more events than there should be."""
        return self._last() - self._trimmed > self._keep.count * (1 + _SPARE)

    def append(self, events: Sequence[Event]) -> None:
        """Write events behind the others, inside a transaction."""
        for number, event in enumerate(events, self._last() + 1):
            record = self._ring.seal(padded_event(event), event_identity(number))
            created = to_microseconds(event.time)
            query = "SELECT id FROM events WHERE number = ? LIMIT 1"
            free = self._run(query, (_wiped(len(record)),)).fetchone()
            if free:
                query = "UPDATE events SET number = ?, created = ?, record = ? WHERE id = ?"
                self._run(query, (number, created, record, free[0]))
            else:
                row = next_row(self._run, "events")
                query = "INSERT INTO events VALUES (?, ?, ?, ?)"
                self._run(query, (row, number, created, record))

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
        found = list(self._after(after, most))
        return found, self._cursor(found[-1].number if found else after)

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
        query = "SELECT id, number, created FROM events WHERE number > 0 ORDER BY number LIMIT ?"
        first = self._run(query, (_WIPED_AT_ONCE,)).fetchall()
        gone = 0
        for place, (row, number, created) in enumerate(first):
            if place >= excess and created >= oldest:
                break
            self.wipe(row)
            self._trimmed, gone = number, gone + 1
        if gone:
            self._put_state("trimmed", str(self._trimmed))
        return gone == _WIPED_AT_ONCE

    def wipe(self, row: int) -> None:
        """Overwrite an event with zeros."""
        query = "SELECT length(record) FROM events WHERE id = ?"
        length = self._run(query, (row,)).fetchone()[0]
        query = "UPDATE events SET number = ?, record = ? WHERE id = ?"
        self._run(query, (_wiped(length), bytes(length), row))

    def reseal(self, after: int, most: int) -> int:
        """Seal some events again with the current key, inside a transaction; return the number of
        the last that was looked at, 0 when there was none.
        """
        query = "SELECT id, number, record FROM events WHERE number > ? ORDER BY number LIMIT ?"
        looked = 0
        for row, number, record in self._run(query, (after, most)).fetchall():
            looked, identity = number, event_identity(number)
            if not self._ring.is_current(record):
                sealed = self._ring.seal(self._ring.open(record, identity), identity)
                self._run("UPDATE events SET record = ? WHERE id = ?", (sealed, row))
        return looked

    def _after(self, number: int, most: int) -> Iterator[StoredEvent]:
        query = "SELECT id, number, record FROM events WHERE number > ? ORDER BY number LIMIT ?"
        for row, at, record in self._run(query, (number, most)).fetchall():
            plain = self._ring.open(record, event_identity(at))
            yield StoredEvent(row, at, decode_event(plain))

    def _last(self) -> int:
        query = "SELECT number FROM events ORDER BY number DESC LIMIT 1"
        found = self._run(query).fetchone()
        return max(found[0] if found else 0, self._trimmed)

    def _cursor(self, number: int) -> Cursor:
        return Cursor({PART: Position(self._epoch, number)})

    def _state(self, name: str) -> str:
        query = "SELECT value FROM event_state WHERE name = ?"
        found = self._run(query, (name,)).fetchone()
        return str(found[0]) if found else ""

    def _put_state(self, name: str, value: str) -> None:
        self._run("REPLACE INTO event_state VALUES (?, ?)", (name, value))


def event_identity(number: int) -> bytes:
    """Return what binds an event's record to its place."""
    return b"event\x00" + number.to_bytes(8)


def _wiped(length: int) -> int:
    """Return the number of wiped rows with records of a length: eight bytes, as any number."""
    return -(NO_OWNER + length)
