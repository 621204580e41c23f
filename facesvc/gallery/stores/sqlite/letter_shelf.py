"""The shelf of dead letters in the file; one process owns it, so that nobody else ever sends."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from typing import TypeVar, cast

from facesvc.application.call import Call
from facesvc.gallery.stores.event_record import padded
from facesvc.gallery.stores.sealing import KeyRing
from facesvc.gallery.stores.sqlite.event_state import EventState
from facesvc.gallery.stores.sqlite.record_rows import RecordRows
from facesvc.gallery.stores.sqlite.tables import NO_OWNER
from facesvc.gallery.stores.sqlite.writer import Writer

_T = TypeVar("_T")


class SqliteShelf:
    """A Shelf on the store's writer; ``begin`` before anything else."""

    def __init__(self, connection: sqlite3.Connection, ring: KeyRing) -> None:
        self.rows = RecordRows(connection, ring, "dead_letters", "letter")
        self._state = EventState(connection)
        self._run = connection.execute
        self._writer: Writer | None = None

    def begin(self, writer: Writer) -> None:
        """Work on this writer's thread from now on."""
        self._writer = writer

    def note(self, name: str) -> str:
        """See Shelf."""
        return self._do(lambda: self._state.get(name))

    def put_note(self, name: str, text: str) -> None:
        """See Shelf."""
        self._do(lambda: self._state.put(name, text))

    def put(self, number: int, record: bytes) -> None:
        """See Shelf."""

        def write() -> None:
            at = number
            if at:
                self._wipe([at])
            else:  # never a number twice: a page token may name it
                at = int(self._state.get("letters") or 0) + 1
                self._state.put("letters", str(at))
            self.rows.add(NO_OWNER + at, int(time.time() * 1e6), padded(record))

        self._do(write)

    def remove(self, numbers: Sequence[int]) -> None:
        """See Shelf."""
        self._do(lambda: self._wipe(numbers))

    def after(self, number: int, most: int) -> list[tuple[int, bytes]]:
        """See Shelf."""

        def read() -> list[tuple[int, bytes]]:
            found = self.rows.after(NO_OWNER + number, most)
            return [(row.number - NO_OWNER, row.plain) for row in found]

        return self._do(read)

    def count(self) -> int:
        """See Shelf."""
        query = "SELECT count(*) FROM dead_letters WHERE number > 0"
        return self._do(lambda: int(self._run(query).fetchone()[0]))

    def hold(self, name: str, holder: str, seconds: float) -> bool:  # noqa: ARG002 - the only one
        """See Shelf."""
        return True

    def let_go(self, name: str, holder: str) -> None:
        """See Shelf."""

    def _wipe(self, numbers: Sequence[int]) -> None:
        for number in numbers:
            query = "SELECT id FROM dead_letters WHERE number = ?"
            for (row,) in self._run(query, (NO_OWNER + number,)).fetchall():
                self.rows.wipe(row)

    def _do(self, work: Callable[[], _T]) -> _T:
        if self._writer is None:
            raise RuntimeError("The shelf is used before its store is open.")
        return cast(_T, self._writer.run(lambda _: work(), Call()))
