"""The EventLog of the file: what others than the writer ask of its events."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import cast

import structlog

from facesvc.application.call import Call
from facesvc.application.ports.deliveries import DeliveryBook
from facesvc.domain.event_cursor import Cursor, EventPage
from facesvc.domain.events import Event, EventKind
from facesvc.gallery.stores.change_events import event_of
from facesvc.gallery.stores.gone_users import GoneUsers
from facesvc.gallery.stores.port import Change
from facesvc.gallery.stores.sqlite.event_table import EventTable
from facesvc.gallery.stores.sqlite.writer import Effects, Writer

_log = structlog.get_logger(__name__)

_TRIM_EVERY_S = 30.0


class SqliteEventLog:
    """An EventLog on the store's writer."""

    def __init__(self, table: EventTable, deliveries: DeliveryBook) -> None:
        self.table = table
        self.deliveries = deliveries
        self._writer: Writer | None = None
        self._news = threading.Condition()
        self.written = 0
        self._trim_at = 0.0

    def start(self, writer: Writer) -> None:
        """Read and append on this writer's thread from now on."""
        self._writer = writer

    # On the writer's thread

    def record(self, effects: Effects) -> None:
        """Write the events of a task, in its transaction."""
        told = (change for change in effects.changes if isinstance(change, Change))
        events = effects.events or [event_of(change) for change in told]
        if events:
            effects.events = events
            self.table.append(events)
            if self.table.is_long:
                self._trim_at = 0.0

    def tell(self, effects: Effects) -> None:
        """Wake those who wait, once the events are durable."""
        if effects.events:
            with self._news:
                self.written += len(effects.events)
                self._news.notify_all()

    def trim(self, run: Callable[[str], object]) -> None:
        """Wipe old events, in transactions of their own, when it is time."""
        now = time.monotonic()
        if now < self._trim_at:
            return
        self._trim_at = now + _TRIM_EVERY_S
        run("BEGIN IMMEDIATE")
        try:
            more = self.table.trim(time.time())
            run("COMMIT")
        except BaseException:
            run("ROLLBACK")
            raise
        if more:
            self._trim_at = 0.0

    def erase(self, gone: GoneUsers) -> None:
        """Take out events that name users who are gone, inside a transaction, and tell it by an
        event a collection.
        """
        counts: dict[str, int] = {}
        rows = []
        for stored in self.table.all():
            if gone.named_by(stored.event):
                rows.append(stored.row)
                collection = stored.event.collection
                counts[collection] = counts.get(collection, 0) + 1
        told = [
            Event(EventKind.EVENTS_ERASED, collection, data={"events": count})
            for collection, count in counts.items()
        ]
        self.table.append(told)  # first: the numbers of what is wiped are never used again
        for row in rows:
            self.table.rows.wipe(row)

    # On any thread

    def append(self, events: Sequence[Event], call: Call, *, wait: bool) -> None:
        """See EventJournal."""

        def write(effects: Effects) -> None:
            effects.events = list(events)

        if wait:
            self._running().run(write, call)
        elif not self._running().post(write):
            _log.warning("events_not_kept", count=len(events))

    def read(self, cursor: Cursor, collection: str, most: int, call: Call) -> EventPage:
        """See EventLog."""

        def look(_: Effects) -> EventPage:
            found, after = self.table.read(cursor, most)
            wanted = [one.event for one in found if collection in ("", one.event.collection)]
            return EventPage(wanted, after, more=len(found) == most)

        return cast(EventPage, self._running().run(look, call))

    def newest(self, collection: str, call: Call) -> Cursor:  # noqa: ARG002 - one part for all
        """See EventLog."""
        return cast(Cursor, self._running().run(lambda _: self.table.newest(), call))

    def wait(self, seconds: float) -> None:
        """See EventLog."""
        with self._news:
            self._news.wait(seconds)

    def _running(self) -> Writer:
        if self._writer is None:
            raise RuntimeError("The log is read before its store is open.")
        return self._writer
