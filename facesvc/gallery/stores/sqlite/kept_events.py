"""The file's events and what belongs to them, as the store sees them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import cast

from facesvc.application.call import Call
from facesvc.domain.events import Retention
from facesvc.gallery.stores.delivery_book import StoredDeliveryBook
from facesvc.gallery.stores.gone_users import GoneUsers
from facesvc.gallery.stores.sealing import KeyRing
from facesvc.gallery.stores.sqlite.event_log import SqliteEventLog
from facesvc.gallery.stores.sqlite.event_table import EventTable
from facesvc.gallery.stores.sqlite.letter_shelf import SqliteShelf
from facesvc.gallery.stores.sqlite.record_rows import RecordRows
from facesvc.gallery.stores.sqlite.writer import Effects, Writer


class KeptEvents:
    """``log`` is None where none are kept, with a ``keep`` of None."""

    def __init__(
        self, connection: sqlite3.Connection, ring: KeyRing, keep: Retention | None
    ) -> None:
        self._run = connection.execute
        self._shelf = SqliteShelf(connection, ring)
        self._book = StoredDeliveryBook(self._shelf)
        self._table = EventTable(connection, ring, keep)
        self._all = SqliteEventLog(self._table, self._book)
        self.log = self._all if keep else None
        self.record = self._all.record if keep else None
        self.rows: tuple[RecordRows, ...] = (self._table.rows, self._shelf.rows)

    def begin(self, writer: Writer) -> None:
        """Work on this writer's thread from now on."""
        self._writer = writer
        self._all.start(writer)
        self._shelf.begin(writer)

    def tell(self, effects: Effects) -> None:
        """Wake those who wait for events, once they are durable."""
        if self.log is not None:
            self.log.tell(effects)

    def trim(self) -> None:
        """Wipe what is too old, when it is time; on the writer's thread. Raises sqlite3.Error."""
        self._all.trim(self._run)

    def erase(self, is_enrolled: Callable[[str, str], bool], call: Call) -> None:
        """Take users who are gone out of the events and the dead letters. ``is_enrolled`` is asked
        on the writer's thread.
        """
        if self.log is None:
            return

        def ask(collection: str, user_id: str) -> bool:
            return cast(bool, self._writer.run(lambda _: is_enrolled(collection, user_id), call))

        log = self.log
        gone = GoneUsers(ask)
        self._book.erase(lambda letter: gone.named_by(letter.event))
        self._writer.run(lambda _: log.erase(GoneUsers(is_enrolled)), call)
