"""Rows of sealed records with a number each, that are overwritten with zeros and used again.

As with users and samples no row is ever deleted: see user_table.py. A wiped row has a negative
number, by which one of the right length is found again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

from facesvc.gallery.stores.sealing import KeyRing
from facesvc.gallery.stores.sqlite.tables import NO_OWNER, next_row


class Row(NamedTuple):
    """A row: where it is, its number, when it was made in microseconds since 1970, its bytes."""

    row: int
    number: int
    created: int
    plain: bytes


class RecordRows:
    """One table. ``kind`` and the number bind a record to its place. Used by one thread a time;
    what writes, inside a transaction. Reading raises SealError.
    """

    def __init__(
        self, connection: sqlite3.Connection, ring: KeyRing, table: str, kind: str
    ) -> None:
        self._run = connection.execute
        self._ring = ring
        self._table = table
        self._kind = kind.encode() + b"\x00"

    def add(self, number: int, created: int, plain: bytes) -> None:
        """Write a record, into a wiped row if there is one of its length."""
        record = self._ring.seal(plain, self._identity(number))
        query = f"SELECT id FROM {self._table} WHERE number = ? LIMIT 1"  # noqa: S608 - as all here: names from this code
        free = self._run(query, (_wiped(len(record)),)).fetchone()
        if free:
            query = f"UPDATE {self._table} SET number = ?, created = ?, record = ? WHERE id = ?"  # noqa: S608
            self._run(query, (number, created, record, free[0]))
        else:
            query = f"INSERT INTO {self._table} VALUES (?, ?, ?, ?)"  # noqa: S608
            self._run(query, (next_row(self._run, self._table), number, created, record))

    def after(self, number: int, most: int = -1) -> Iterator[Row]:
        """Yield records behind a number, in order."""
        query = (
            f"SELECT id, number, created, record FROM {self._table} WHERE number > ?"  # noqa: S608
            " ORDER BY number LIMIT ?"
        )
        for row, at, created, record in self._run(query, (max(number, 0), most)).fetchall():
            yield Row(row, at, created, self._ring.open(record, self._identity(at)))

    def ages(self, most: int) -> list[tuple[int, int, int]]:
        """Return row, number and creation of the first records."""
        query = (
            f"SELECT id, number, created FROM {self._table} WHERE number > 0"  # noqa: S608
            " ORDER BY number LIMIT ?"
        )
        return self._run(query, (most,)).fetchall()

    def last(self) -> int:
        """Return the greatest number, 0 for none."""
        query = f"SELECT number FROM {self._table} ORDER BY number DESC LIMIT 1"  # noqa: S608
        found = self._run(query).fetchone()
        return max(found[0], 0) if found else 0

    def wipe(self, row: int) -> None:
        """Overwrite a record with zeros."""
        query = f"SELECT length(record) FROM {self._table} WHERE id = ?"  # noqa: S608
        length = self._run(query, (row,)).fetchone()[0]
        query = f"UPDATE {self._table} SET number = ?, record = ? WHERE id = ?"  # noqa: S608
        self._run(query, (_wiped(length), bytes(length), row))

    def reseal(self, after: int, most: int) -> int:
        """Seal some records again with the current key; return the number of the last that was
        looked at, 0 when there was none.
        """
        query = (
            f"SELECT id, number, record FROM {self._table} WHERE number > ?"  # noqa: S608
            " ORDER BY number LIMIT ?"
        )
        looked = 0
        for row, number, record in self._run(query, (after, most)).fetchall():
            looked, identity = number, self._identity(number)
            if not self._ring.is_current(record):
                sealed = self._ring.seal(self._ring.open(record, identity), identity)
                query = f"UPDATE {self._table} SET record = ? WHERE id = ?"  # noqa: S608
                self._run(query, (sealed, row))
        return looked

    def _identity(self, number: int) -> bytes:
        return self._kind + number.to_bytes(8)


def _wiped(length: int) -> int:
    """Return the number of wiped rows with records of a length: eight bytes, as any number."""
    return -(NO_OWNER + length)
