"""What the writer does between commits: erase what was deleted, forget old receipts, and
seal records of earlier keys again.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import suppress

from facesvc.domain.gallery import REQUEST_ID_LIFE_S
from facesvc.domain.gallery_errors import PurgeBlockedError
from facesvc.gallery.stores.sqlite.kept_events import KeptEvents
from facesvc.gallery.stores.sqlite.rotation import Rotation
from facesvc.gallery.stores.sqlite.tables import Tables

PURGE_AFTER_S = 20.0  # deleted bytes are gone from every file within a minute
_FORGET_EVERY_S = 600.0
_RETRY_S = 1.0


class Upkeep:
    """Runs on the writer's thread, outside transactions."""

    def __init__(self, connection: sqlite3.Connection, tables: Tables, events: KeptEvents) -> None:
        self._connection = connection
        self._tables = tables
        self._events = events
        self.rotation = Rotation(connection, tables, events.rows)
        self._rotate_at = 0.0
        self._purge_at = time.monotonic()  # an earlier process may have died before its purge
        self._forget_at = time.monotonic()

    def note_deletion(self) -> None:
        """Note that a commit deleted something."""
        self._purge_at = min(self._purge_at, time.monotonic() + PURGE_AFTER_S)

    def run(self) -> bool:
        """Do what is due; return True to be called again at once."""
        now = time.monotonic()
        if now >= self._purge_at:
            try:
                self.purge()
            except (PurgeBlockedError, sqlite3.Error):
                self._purge_at = now + _RETRY_S  # a backup reads the log, or the disk is full
        if now >= self._forget_at:
            self._forget_at = now + _FORGET_EVERY_S
            oldest = time.time() - REQUEST_ID_LIFE_S
            with suppress(sqlite3.Error):  # the next time will do
                self._tables.forget_receipts(int(oldest * 1e6))
        with suppress(sqlite3.Error):  # the disk is full
            self._events.trim()
        if self.rotation.pending and now >= self._rotate_at:
            try:
                self.rotation.step()
            except sqlite3.Error:
                self._rotate_at = now + _RETRY_S  # the disk is full
            if not self.rotation.pending:
                self._purge_at = now  # the log has records of the earlier key
        return self.rotation.pending and self._rotate_at <= now

    def purge(self) -> None:
        """Move the log into the file, where deleted bytes are zeros, and empty it. Raises
        PurgeBlockedError.
        """
        self._purge_at = float("inf")
        busy = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if busy:
            raise PurgeBlockedError
