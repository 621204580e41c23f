"""What collections decide for themselves: a table of the SQLite store, and the write to it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from facesvc.domain.collection_settings import NEVER_SET, KeptSettings, from_json, to_json
from facesvc.domain.errors import CollectionFullError
from facesvc.domain.gallery_errors import ForeignCollectionError
from facesvc.gallery.stores.sqlite.tables import CollectionRow, Tables
from facesvc.gallery.stores.sqlite.writer import Effects


class SettingsTable:
    """Used by one thread a time, inside a transaction."""

    def __init__(self, tables: Tables) -> None:
        self._run = tables.run

    def all(self) -> dict[str, KeptSettings]:
        """Return the settings of every collection that has some."""
        query = "SELECT c.name, s.record FROM settings s JOIN collections c ON c.id = s.collection"
        return {name: from_json(json.loads(record)) for name, record in self._run(query)}

    def of(self, collection: CollectionRow | None) -> KeptSettings:
        """Return a collection's settings."""
        if collection is None:
            return NEVER_SET
        query = "SELECT record FROM settings WHERE collection = ?"
        row = self._run(query, (collection.row,)).fetchone()
        return NEVER_SET if row is None else from_json(json.loads(row[0]))

    def put(self, collection: CollectionRow, kept: KeptSettings) -> None:
        """Replace a collection's settings."""
        record = json.dumps(to_json(kept), ensure_ascii=False)
        self._run("REPLACE INTO settings VALUES (?, ?)", (collection.row, record))

    def forget(self, collection: CollectionRow) -> None:
        """Delete a collection's settings."""
        self._run("DELETE FROM settings WHERE collection = ?", (collection.row,))


def check_room(tables: Tables, collection: CollectionRow) -> None:
    """Raise CollectionFullError when it may have no further user."""
    limit = SettingsTable(tables).of(collection).settings.max_users
    if limit is None:
        return
    query = "SELECT count(*) FROM users WHERE collection = ?"
    if tables.run(query, (collection.row,)).fetchone()[0] >= limit:
        raise CollectionFullError(limit)


@dataclass(frozen=True)
class PutSettings:
    """Keep settings, unless they are not the next version."""

    tables: Tables
    recognizer: str
    collection: str
    kept: KeptSettings

    def __call__(self, effects: Effects) -> bool:
        """Write, and tell that the catalog changed."""
        tables, settings = self.tables, SettingsTable(self.tables)
        found = tables.collection(self.collection)
        if found is not None and not found.deleted and found.recognizer != self.recognizer:
            raise ForeignCollectionError(self.collection, found.recognizer, self.recognizer)
        if settings.of(found).version != self.kept.version - 1:
            return False
        row = found or tables.add_collection(self.collection, self.recognizer)
        if row.deleted:
            tables.revive(row, self.recognizer)
        settings.put(row, self.kept)
        effects.catalog = True
        return True
