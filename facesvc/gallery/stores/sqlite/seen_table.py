"""When users were seen last: a table of the SQLite store, apart from the sealed records. Like them
it does not tell who a user is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from facesvc.gallery.stores.records import from_microseconds, to_microseconds
from facesvc.gallery.stores.sqlite.tables import Tables

# A user that is deleted meanwhile gets no mark; wipe_user takes away the one that it had.
_MARK = """INSERT INTO seen SELECT collection, key, ? FROM users WHERE collection = ? AND key = ?
    ON CONFLICT DO UPDATE SET at = max(at, excluded.at)"""


class SeenTable:
    """Used by one thread a time, inside a transaction."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def mark(self, collection: str, seen: Mapping[str, datetime]) -> None:
        """Keep when users were seen."""
        row = self._tables.collection(collection)
        if row is None:
            return
        for user_id, moment in seen.items():
            key = self._tables.keyed_hash(user_id)
            self._tables.run(_MARK, (to_microseconds(moment), row.row, key))

    def of(self, collection: str, user_ids: Sequence[str]) -> dict[str, datetime]:
        """Return the marks that users have."""
        row = self._tables.collection(collection)
        if row is None:
            return {}
        query = "SELECT at FROM seen WHERE collection = ? AND key = ?"
        found = {}
        for user_id in user_ids:
            key = self._tables.keyed_hash(user_id)
            held = self._tables.run(query, (row.row, key)).fetchone()
            if held is not None:
                found[user_id] = from_microseconds(held[0])
        return found
