"""A copy of a gallery file, made while its service goes on."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from facesvc.gallery.stores.port import GalleryOpenError
from facesvc.gallery.stores.sqlite.schema import APPLICATION_ID
from facesvc.gallery.stores.sqlite.tables import NO_OWNER

_BUSY_TIMEOUT_S = 10.0  # for the moments in which the service has the file to itself


@dataclass(frozen=True)
class Backup:
    """What a backup holds, as read back from it."""

    size_bytes: int
    users: int
    samples: int


def back_up(source: Path, target: Path) -> Backup:
    """Write a gallery as of now to a new file, which opens by itself, and check it.

    No key is needed: sealed records stay sealed. The file appears under its name once it is
    whole, checked and on the disk. Raises GalleryOpenError, and FileExistsError when the
    target exists.
    """
    if not source.is_file():
        raise GalleryOpenError(f"There is no gallery at {source}.")
    _refuse_existing(target)
    # Beside the target, readable by its owner alone.
    descriptor, name = tempfile.mkstemp(".part", f"{target.name}.", target.parent)
    part = Path(name)
    try:
        try:
            _copy(source, part)
            backup = _checked(part)
        except sqlite3.Error as error:
            raise GalleryOpenError(f"The backup of {source} failed: {error}.") from error
        os.fsync(descriptor)  # SQLite does not sync what VACUUM INTO writes
        _refuse_existing(target)
        part.rename(target)
        _sync_folder(target.parent)
    finally:
        os.close(descriptor)
        part.unlink(missing_ok=True)
    return backup


def _refuse_existing(target: Path) -> None:
    if target.exists():
        raise FileExistsError(f"{target} exists; a backup overwrites nothing.")


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    uri = f"{path.resolve().as_uri()}?mode={mode}"
    return sqlite3.connect(uri, uri=True, timeout=_BUSY_TIMEOUT_S, isolation_level=None)


def _copy(source: Path, part: Path) -> None:
    # Not mode=ro: beside a service, even readers write to the index of its log.
    with closing(_connect(source, "rw")) as connection:
        _check_application(connection, source)
        connection.execute("PRAGMA temp_store = MEMORY")  # no record in a temporary file
        connection.execute("VACUUM INTO ?", (str(part),))


def _checked(part: Path) -> Backup:
    with closing(_connect(part, "ro")) as connection:
        _check_application(connection, part)
        found = connection.execute("PRAGMA integrity_check").fetchone()[0]
        if found != "ok":
            raise GalleryOpenError(f"The backup is damaged: {found}.")
        users, samples = (
            int(connection.execute(query, (NO_OWNER,)).fetchone()[0])
            for query in (
                "SELECT count(*) FROM users WHERE collection > ?",
                "SELECT count(*) FROM samples WHERE user > ?",
            )
        )
    return Backup(part.stat().st_size, users, samples)


def _check_application(connection: sqlite3.Connection, path: Path) -> None:
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise GalleryOpenError(f"{path} is not a gallery.")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
