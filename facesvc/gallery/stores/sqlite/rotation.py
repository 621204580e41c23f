"""Sealing every record again with the current key, some at a time, while the service runs.

What is written meanwhile has the current key already, so one walk over the rows does it. The
file's secret comes last: while it has an earlier key, the walk has not ended, also after a crash.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from facesvc.gallery.stores.sqlite.record_rows import RecordRows
from facesvc.gallery.stores.sqlite.tables import NO_OWNER, Tables
from facesvc.gallery.stores.sqlite.user_table import sample_identity, user_identity

_ROWS_AT_ONCE = 64  # a few milliseconds, which a waiting write may notice and a search does not

_USERS = """SELECT u.id, u.record, c.name, u.key FROM users u JOIN collections c
    ON c.id = u.collection WHERE u.id > ? ORDER BY u.id LIMIT ?"""
_SAMPLES = """SELECT s.id, s.record, c.name, u.key FROM samples s JOIN users u ON u.id = s.user
    JOIN collections c ON c.id = u.collection WHERE s.id > ? ORDER BY s.id LIMIT ?"""


class Rotation:
    """One walk. Runs on the writer's thread, each step in a transaction of its own."""

    def __init__(
        self, connection: sqlite3.Connection, tables: Tables, others: Sequence[RecordRows]
    ) -> None:
        self._run = connection.execute
        self._tables = tables
        self._ring = tables.ring
        self._after_user = NO_OWNER
        self._after_sample = NO_OWNER
        self._others = dict.fromkeys(others, NO_OWNER)
        self.pending = not tables.secret_is_current()
        self.sealed = 0

    def step(self) -> None:
        """Seal the next records; ``pending`` turns False after the last."""
        self._run("BEGIN IMMEDIATE")
        try:
            ended = self._samples() and self._users() and self._of_others()
            if ended:
                self._tables.store_secret()
            self._run("COMMIT")
        except BaseException:
            if self._tables.in_transaction:
                self._run("ROLLBACK")
            raise
        self.pending = not ended

    def _samples(self) -> bool:
        rows = self._run(_SAMPLES, (self._after_sample, _ROWS_AT_ONCE)).fetchall()
        for row, record, collection, key in rows:
            self._seal("samples", row, record, sample_identity(collection, key, row))
            self._after_sample = row
        return not rows

    def _users(self) -> bool:
        rows = self._run(_USERS, (self._after_user, _ROWS_AT_ONCE)).fetchall()
        for row, record, collection, key in rows:
            self._seal("users", row, record, user_identity(collection, key))
            self._after_user = row
        return not rows

    def _of_others(self) -> bool:
        ended = True
        for rows, after in self._others.items():
            looked = rows.reseal(after, _ROWS_AT_ONCE)
            self._others[rows] = looked or after
            ended = ended and not looked
        return ended

    def _seal(self, table: str, row: int, record: bytes, identity: bytes) -> None:
        if self._ring.is_current(record):
            return
        sealed = self._ring.seal(self._ring.open(record, identity), identity)
        query = f"UPDATE {table} SET record = ? WHERE id = ?"  # noqa: S608 - names from this code
        self._run(query, (sealed, row))
        self.sealed += 1
