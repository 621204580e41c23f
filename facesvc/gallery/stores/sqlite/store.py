"""The default store: one SQLite file, owned by one process."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from facesvc.application.call import Call
from facesvc.domain.errors import FaceError
from facesvc.domain.events import Retention
from facesvc.domain.gallery import Deletion, Enrolment, ErasureReceipt, Sample, WriteReceipt
from facesvc.domain.gallery_edits import GalleryEdit
from facesvc.gallery.garbage_collection import collector_paused
from facesvc.gallery.stores.port import ChangeSink, GalleryOpenError, Rewrite, StoreState
from facesvc.gallery.stores.sealing import KeyRing
from facesvc.gallery.stores.sqlite import schema
from facesvc.gallery.stores.sqlite.collection_notes import CollectionNotes
from facesvc.gallery.stores.sqlite.edit_task import Edit
from facesvc.gallery.stores.sqlite.event_log import SqliteEventLog
from facesvc.gallery.stores.sqlite.gallery_file import GalleryFile
from facesvc.gallery.stores.sqlite.kept_events import KeptEvents
from facesvc.gallery.stores.sqlite.load import load, read_catalog, refuse_foreign
from facesvc.gallery.stores.sqlite.tables import Tables
from facesvc.gallery.stores.sqlite.tasks import Delete, DeleteCollection, Enroll, SetAlias
from facesvc.gallery.stores.sqlite.upkeep import Upkeep
from facesvc.gallery.stores.sqlite.user_table import UserTable
from facesvc.gallery.stores.sqlite.writer import Effects, Task, Writer
from facesvc.gallery.version_gate import VersionGate

_WAIT_FOR_VERSION_S = 5.0  # one process: a version that is not there soon was never written


class SqliteStore(CollectionNotes):
    """GalleryStore on a file, or in memory for ":memory:".

    ``recognizer`` is the digest that new collections are bound to. ``ring`` seals the records;
    None leaves them plain. ``allow_foreign`` opens the file even when every collection in it
    is another recognizer's, to enrol the first one of this one's. ``events`` bounds the log of
    events; with None the writes tell none.
    """

    name = "sqlite"

    def __init__(
        self,
        path: str | Path,
        *,
        recognizer: str,
        ring: KeyRing | None = None,
        allow_foreign: bool = False,
        events: Retention | None = None,
    ) -> None:
        super().__init__()
        self.recognizer = recognizer
        self._file = GalleryFile(path)
        self._ring = ring or KeyRing()
        self._allow_foreign = allow_foreign
        self._keep = events
        self._kept: KeptEvents | None = None
        self._gate = VersionGate()
        self._connected: sqlite3.Connection | None = None
        self._closing = threading.Lock()
        self._opened = False

    # Life

    def open(self, sink: ChangeSink) -> None:
        """See GalleryStore. Raises GalleryOpenError when another process owns the file,
        when it is no gallery or a newer release's, or when its records cannot be opened. A file
        of an older release is backed up beside it, then migrated.
        """
        self._file.own()
        try:
            self._open(sink)
        except BaseException:
            if self._connected is not None:
                self._connected.close()
            self._file.release()
            raise

    def _open(self, sink: ChangeSink) -> None:
        self._sink = sink
        try:
            self._connection = self._connected = schema.connect(self._file.path)
            self._file.migrate(self._connection)
            self._tables = Tables(self._connection, self._ring)
            self._tables.open_secret()
            self._users = UserTable(self._connection, self._tables)
            if not self._allow_foreign:
                refuse_foreign(self._tables, self.recognizer)
            with collector_paused():
                versions = load(self._tables, self._users, self.recognizer, sink)
        except sqlite3.Error as error:
            raise GalleryOpenError(
                f"The gallery {self._file.path} cannot be opened: {error}."
            ) from error
        for name, version in versions.items():
            self._gate.advance(name, version)
        self._start_writer()
        self._opened = True

    def _start_writer(self) -> None:
        self._kept = KeptEvents(self._connection, self._tables.ring, self._keep)
        self._upkeep = Upkeep(self._connection, self._tables, self._kept)
        self._writer = Writer(self._connection, self._publish, self._upkeep.run, self._kept.record)
        self._kept.begin(self._writer)
        self._writer.start()

    def close(self) -> None:
        """See GalleryStore."""
        with self._closing:
            if not self._opened:
                return
            self._opened = False
            self._writer.close()
            self._connection.close()
            self._file.release()

    # Writes

    def enroll(self, enrolment: Enrolment, call: Call) -> WriteReceipt:
        """See GalleryStore."""
        return cast(WriteReceipt, self._writer.run(self._enroll_task(enrolment), call))

    def enroll_many(
        self, enrolments: Sequence[Enrolment], call: Call
    ) -> list[WriteReceipt | FaceError]:
        """See GalleryStore."""
        return self._run_all([self._enroll_task(enrolment) for enrolment in enrolments], call)

    def delete(
        self,
        collection: str,
        user_id: str,
        call: Call,
        *,
        request_id: str = "",
        expected_version: int | None = None,
    ) -> WriteReceipt:
        """See GalleryStore."""
        deletion = Deletion(collection, user_id, request_id, expected_version)
        return cast(WriteReceipt, self._writer.run(self._delete_task(deletion), call))

    def delete_many(
        self, deletions: Sequence[Deletion], call: Call
    ) -> list[WriteReceipt | FaceError]:
        """See GalleryStore."""
        return self._run_all([self._delete_task(deletion) for deletion in deletions], call)

    def edit(self, edit: GalleryEdit, call: Call) -> WriteReceipt:
        """See GalleryStore."""
        task = Edit(self._tables, self._users, self.recognizer, edit)
        return cast(WriteReceipt, self._writer.run(task, call))

    def delete_collection(self, collection: str, call: Call) -> WriteReceipt:
        """See GalleryStore."""
        task = DeleteCollection(self._tables, self._users, self.recognizer, collection)
        return cast(WriteReceipt, self._writer.run(task, call))

    def set_alias(self, alias: str, collection: str, call: Call) -> None:
        """See GalleryStore."""
        self._writer.run(SetAlias(self._tables, self.recognizer, alias, collection), call)

    def purge(self, call: Call) -> ErasureReceipt:
        """See GalleryStore. Raises GalleryOpenError while something reads the old log."""
        started = datetime.now(UTC)
        if self._kept is not None:
            self._kept.erase(self._is_enrolled, call)
        self._writer.run_alone(lambda _: self._upkeep.purge(), call)
        return ErasureReceipt(started, datetime.now(UTC), self._file.places)

    # Reads

    @property
    def events(self) -> SqliteEventLog | None:
        """See GalleryStore."""
        return self._kept.log if self._kept else None

    def samples(self, collection: str, user_ids: Sequence[str], call: Call) -> list[Sample]:
        """See GalleryStore."""

        def read(_: Effects) -> list[Sample]:
            row = self._tables.collection(collection)
            found = [self._users.user(row, user_id) for user_id in user_ids] if row else []
            return [
                stored.whole(collection, one.user, self.recognizer)
                for one in found
                if one is not None
                for stored in self._users.samples(collection, one)
            ]

        return cast(list[Sample], self._writer.run(read, call))

    def wait_for(self, collection: str, version: int, call: Call) -> None:
        """See GalleryStore."""
        self._gate.wait(collection, version, call, _WAIT_FOR_VERSION_S)

    def state(self) -> StoreState:
        """See GalleryStore."""
        failure = self._writer.failure
        if not failure and self.rotating:
            return StoreState("ok", detail="Records are being sealed with the current key.")
        return StoreState("degraded" if failure else "ok", detail=failure)

    @property
    def rotating(self) -> bool:
        """True until every record has the ring's current key; it begins by itself at a start."""
        return self._upkeep.rotation.pending

    def backup(self, target: Path) -> None:
        """Write a consistent copy to a new file while the service runs. See back_up."""
        self._file.back_up(target)

    def _publish(self, effects: Effects) -> None:
        for change in effects.changes:
            self._sink.apply(change)
        if effects.catalog:
            self._upkeep.note_deletion()
            self._sink.set_catalog(read_catalog(self._tables, self.recognizer))
        for change in effects.changes:
            self._gate.advance(change.collection, change.version)
            if isinstance(change, Rewrite) or change.clears:
                self._upkeep.note_deletion()
        if self._kept is not None:
            self._kept.tell(effects)

    def _is_enrolled(self, collection: str, user_id: str) -> bool:
        row = self._tables.collection(collection)
        return row is not None and self._users.user(row, user_id) is not None

    def _run_all(self, tasks: Sequence[Task], call: Call) -> list[WriteReceipt | FaceError]:
        results = self._writer.run_all(tasks, call)
        for result in results:
            if isinstance(result, BaseException) and not isinstance(result, FaceError):
                raise result
        return cast(list[WriteReceipt | FaceError], results)

    def _delete_task(self, wanted: Deletion) -> Task:
        return Delete(
            self._tables,
            self._users,
            self.recognizer,
            wanted.collection,
            wanted.user_id,
            wanted.request_id,
            wanted.expected_version,
        )

    def _enroll_task(self, enrolment: Enrolment) -> Task:
        return Enroll(self._tables, self._users, self.recognizer, enrolment)
