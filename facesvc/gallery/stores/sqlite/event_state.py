"""What the file notes beside its events: which log it is, where endpoints stand."""

from __future__ import annotations

import sqlite3


class EventState:
    """Names and texts. Used by one thread a time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._run = connection.execute

    def get(self, name: str) -> str:
        """Return the text, "" for none."""
        query = "SELECT value FROM event_state WHERE name = ?"
        found = self._run(query, (name,)).fetchone()
        return str(found[0]) if found else ""

    def put(self, name: str, value: str) -> None:
        """Note the text."""
        self._run("REPLACE INTO event_state VALUES (?, ?)", (name, value))
