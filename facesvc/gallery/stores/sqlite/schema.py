"""The file: its settings, its tables and how it came to them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from facesvc.gallery.stores.port import GalleryOpenError

APPLICATION_ID = 0x46535643  # "FSVC"; `file` and other tools can tell a gallery by it
PAGE_BYTES = 16_384  # seven samples a page: 2.4 KB a sample, 4.1 KB with SQLite's own 4 KiB

# Each entry brings the file from the version that is its index to the next one.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE collections (
            id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, recognizer TEXT NOT NULL,
            version INTEGER NOT NULL, deleted INTEGER NOT NULL DEFAULT 0)""",
        # Rows of users and samples are never deleted but overwritten with zeros, given to
        # collection or user NO_OWNER (or NO_USER), and used again: see user_table.py.
        """CREATE TABLE users (
            id INTEGER PRIMARY KEY, collection INTEGER NOT NULL, key BLOB NOT NULL,
            record BLOB NOT NULL, UNIQUE (collection, key))""",
        """CREATE TABLE samples (
            id INTEGER PRIMARY KEY, user INTEGER NOT NULL, record BLOB NOT NULL)""",
        "CREATE INDEX samples_of_user ON samples (user)",
        """CREATE TABLE receipts (
            key BLOB PRIMARY KEY, fingerprint BLOB NOT NULL, created INTEGER NOT NULL,
            version INTEGER NOT NULL, sample_id TEXT NOT NULL, samples INTEGER NOT NULL,
            removed INTEGER NOT NULL) WITHOUT ROWID""",
        "CREATE INDEX receipts_by_age ON receipts (created)",
        """CREATE TABLE aliases (
            recognizer TEXT NOT NULL, alias TEXT NOT NULL, collection TEXT NOT NULL,
            PRIMARY KEY (recognizer, alias)) WITHOUT ROWID""",
        "CREATE TABLE secrets (name TEXT PRIMARY KEY, record BLOB NOT NULL) WITHOUT ROWID",
    ),
    # Records of samples are longer: they tell the photo's box, recognizability and source. Those
    # there are stay as they are; the number keeps 0.1.0 from reading the longer ones wrongly.
    (),
    (
        # Rows of events are wiped and used again, too: see event_table.py.
        """CREATE TABLE events (
            id INTEGER PRIMARY KEY, number INTEGER NOT NULL, created INTEGER NOT NULL,
            record BLOB NOT NULL)""",
        "CREATE INDEX events_by_number ON events (number)",
        "CREATE TABLE event_state (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    ),
    # JSON, as readable as the collection's name; a deleted collection has none.
    ("CREATE TABLE settings (collection INTEGER PRIMARY KEY, record TEXT NOT NULL)",),
    # When a user, by the key of its row, was seen last, in microseconds since 1970.
    (
        """CREATE TABLE seen (
            collection INTEGER NOT NULL, key BLOB NOT NULL, at INTEGER NOT NULL,
            PRIMARY KEY (collection, key)) WITHOUT ROWID""",
    ),
    (
        """CREATE TABLE dead_letters (
            id INTEGER PRIMARY KEY, number INTEGER NOT NULL, created INTEGER NOT NULL,
            record BLOB NOT NULL)""",
        "CREATE INDEX dead_letters_by_number ON dead_letters (number)",
    ),
)


def connect(path: str) -> sqlite3.Connection:
    """Open the file with the settings that make an answered write durable. Transactions are
    begun by hand.
    """
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    for setting in (
        f"page_size = {PAGE_BYTES}",
        "journal_mode = WAL",
        "synchronous = FULL",  # the log is synced before a commit returns
        "secure_delete = ON",  # what is deleted is overwritten with zeros
        "temp_store = MEMORY",  # no copy of a record in a temporary file
        "busy_timeout = 2000",
        "journal_size_limit = 67108864",
    ):
        connection.execute(f"PRAGMA {setting}")
    return connection


def migrate(connection: sqlite3.Connection, back_up: Callable[[int], None]) -> None:
    """Bring the file to the newest schema, all or nothing; ``back_up`` is called before that with
    the schema that an older release gave it. Raises GalleryOpenError for a file that is no
    gallery or that a newer release made, and what ``back_up`` raises.
    """
    application = _pragma(connection, "application_id")
    version = _pragma(connection, "user_version")
    empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    if application != APPLICATION_ID and not empty:
        raise GalleryOpenError("GALLERY_PATH is an SQLite file, but not a gallery.")
    if version > len(MIGRATIONS):
        raise GalleryOpenError(
            f"The gallery has schema {version}, this release knows up to {len(MIGRATIONS)}."
            " Nothing was changed. Start the release that wrote it, or a later one, or restore"
            " the backup that was made before it was migrated.",
            schema=version,
        )
    if version == len(MIGRATIONS):
        return
    if version:
        back_up(version)
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statements in MIGRATIONS[version:]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
