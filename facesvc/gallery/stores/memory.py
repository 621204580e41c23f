"""A store that keeps nothing, for tests and GALLERY_PATH=:memory:."""

from __future__ import annotations

from facesvc.domain.events import Retention
from facesvc.gallery.stores.sqlite.gallery_file import IN_MEMORY
from facesvc.gallery.stores.sqlite.store import SqliteStore


class MemoryStore(SqliteStore):
    """SQLite without a file: the same rules, gone when the process ends."""

    name = "memory"

    def __init__(self, *, recognizer: str, events: Retention | None = None) -> None:
        super().__init__(IN_MEMORY, recognizer=recognizer, events=events)
