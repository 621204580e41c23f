"""The file of a gallery: one process owns it, and an older release's is backed up and migrated."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import structlog

from facesvc.gallery.stores.sqlite import schema
from facesvc.gallery.stores.sqlite.backup import back_up
from facesvc.gallery.stores.sqlite.owner import OwnerLock

_log = structlog.get_logger(__name__)

IN_MEMORY = ":memory:"


class GalleryFile:
    """The file at a path, or nothing but memory for ":memory:"."""

    def __init__(self, path: str | Path) -> None:
        self.path = str(path)
        self._owner = OwnerLock(Path(path)) if self.path != IN_MEMORY else None

    @property
    def places(self) -> tuple[str, ...]:
        """What an erasure reaches: names, not paths, since receipts go to callers."""
        name = Path(self.path).name
        return (name, f"{name}-wal") if self._owner else ("memory",)

    def own(self) -> None:
        """Take the file for this process. Raises GalleryOpenError when another one has it."""
        if self._owner:
            Path(self.path).parent.mkdir(parents=True, exist_ok=True)
            self._owner.acquire()
            # Faces are nobody else's business; SQLite gives its -wal the same mode.
            Path(self.path).touch(mode=0o600)

    def release(self) -> None:
        """Let another process have it."""
        if self._owner:
            self._owner.release()

    def migrate(self, connection: sqlite3.Connection) -> None:
        """Bring an older release's file to this one's schema, after a backup beside it. Raises
        GalleryOpenError for a file that is no gallery or a newer release's.
        """
        schema.migrate(connection, self._back_up)

    def back_up(self, target: Path) -> None:
        """Write a consistent copy to a new file. See back_up."""
        back_up(Path(self.path), target)

    def _back_up(self, version: int) -> None:
        path = Path(self.path)
        moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
        target = path.with_name(f"{path.name}.schema-{version}.{moment}.backup")
        back_up(path, target)
        _log.info("gallery_backed_up_before_migration", schema=version, backup=str(target))
