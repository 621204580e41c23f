"""What the store keeps beside the users: settings of collections, when users were seen, leases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast

from facesvc.application.call import Call
from facesvc.domain.collection_settings import KeptSettings
from facesvc.gallery.leases import Leases
from facesvc.gallery.stores.sqlite.seen_table import SeenTable
from facesvc.gallery.stores.sqlite.settings_table import PutSettings, SettingsTable
from facesvc.gallery.stores.sqlite.tables import Tables
from facesvc.gallery.stores.sqlite.writer import Writer


class CollectionNotes:
    """These methods of SqliteStore, which sets the tables and the writer."""

    recognizer: str
    _tables: Tables
    _writer: Writer

    def __init__(self) -> None:
        self._leases = Leases()

    def kept_settings(self, collection: str, call: Call) -> KeptSettings:
        """See GalleryStore."""
        settings = SettingsTable(self._tables)
        read = self._writer.run(lambda _: settings.of(self._tables.collection(collection)), call)
        return cast(KeptSettings, read)

    def put_settings(self, collection: str, kept: KeptSettings, call: Call) -> bool:
        """See GalleryStore."""
        return bool(
            self._writer.run(PutSettings(self._tables, self.recognizer, collection, kept), call)
        )

    def mark_seen(self, collection: str, seen: Mapping[str, datetime], call: Call) -> None:
        """See GalleryStore."""
        self._writer.run(lambda _: SeenTable(self._tables).mark(collection, seen), call)

    def last_seen(
        self, collection: str, user_ids: Sequence[str], call: Call
    ) -> dict[str, datetime]:
        """See GalleryStore."""
        read = self._writer.run(lambda _: SeenTable(self._tables).of(collection, user_ids), call)
        return cast(dict[str, datetime], read)

    def take_lease(self, task: str, holder: str, seconds: float, call: Call) -> bool:
        """See GalleryStore: the process that owns the file has every task."""
        call.check()
        return self._leases.take(task, holder, seconds)
