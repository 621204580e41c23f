"""Collections, aliases, receipts and the file's secret: the statements of the SQLite store
beside users and samples. Used by one thread a time, inside a transaction.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace

from facesvc.domain.gallery import WriteReceipt
from facesvc.gallery.stores.sealing import KeyRing

_KEY_BYTES = 16  # 128 bits: no two of 10**9 users share a key by chance (3e-21)
NO_OWNER = 2**48  # owns what is wiped; every row has a higher number
# Owns wiped samples that have room for what is known of a sample; 0.1.0's, which have not, stay
# with NO_OWNER and are not used again.
NO_USER = NO_OWNER - 1


@dataclass(frozen=True)
class CollectionRow:
    """A collection; one that is ``deleted`` (0 or 1) keeps its version counter."""

    row: int
    name: str
    recognizer: str
    version: int
    deleted: int


def next_row(run: Callable[..., sqlite3.Cursor], table: str) -> int:
    """Return the number of a table's next row. They start high, so that each takes eight bytes
    and a row that changes hands keeps its length.
    """
    query = f"SELECT coalesce(max(id), ?) + 1 FROM {table}"  # noqa: S608 - names from this code
    return int(run(query, (NO_OWNER,)).fetchone()[0])


class Tables:
    """Nothing here tells who is enrolled: what leads to a user is a keyed hash."""

    def __init__(self, connection: sqlite3.Connection, ring: KeyRing) -> None:
        self._connection = connection
        self.run = self._run = connection.execute
        self.ring = ring
        self._secret = b""

    @property
    def in_transaction(self) -> bool:
        """True between BEGIN and the end of a transaction."""
        return self._connection.in_transaction

    def open_secret(self) -> None:
        """Read the key of the keyed hashes, or make it. Raises SealError."""
        found = self._run("SELECT record FROM secrets WHERE name = 'lookup'").fetchone()
        if found is None:
            self._secret = os.urandom(32)
            self.store_secret()
        else:
            self._secret = self.ring.open(found[0], b"secret lookup")

    def store_secret(self) -> None:
        """Write the key of the keyed hashes, sealed with the current key."""
        record = self.ring.seal(self._secret, b"secret lookup")
        self._run("REPLACE INTO secrets VALUES ('lookup', ?)", (record,))

    def secret_is_current(self) -> bool:
        """Tell whether the secret has the current key, which it gets after all other records."""
        found = self._run("SELECT record FROM secrets WHERE name = 'lookup'").fetchone()
        return self.ring.is_current(found[0])

    def keyed_hash(self, *parts: str) -> bytes:
        """Return 16 bytes that only this file's secret links to the parts."""
        message = b"".join(len(part.encode()).to_bytes(4) + part.encode() for part in parts)
        return hmac.digest(self._secret, message, hashlib.sha256)[:_KEY_BYTES]

    # Collections and aliases

    def collections(self) -> list[CollectionRow]:
        """Return every collection, the deleted ones too."""
        found = self._run("SELECT id, name, recognizer, version, deleted FROM collections")
        return [CollectionRow(*row) for row in found]

    def collection(self, name: str) -> CollectionRow | None:
        """Return one collection, a deleted one too."""
        row = self._run(
            "SELECT id, name, recognizer, version, deleted FROM collections WHERE name = ?", (name,)
        ).fetchone()
        return CollectionRow(*row) if row else None

    def put_collection(self, row: CollectionRow) -> None:
        """Write a collection's binding, version and state."""
        self._run(
            "UPDATE collections SET recognizer = ?, version = ?, deleted = ? WHERE id = ?",
            (row.recognizer, row.version, row.deleted, row.row),
        )

    def revive(self, row: CollectionRow, recognizer: str) -> None:
        """Let a deleted collection exist again, empty; its version counter goes on."""
        self.put_collection(replace(row, recognizer=recognizer, deleted=0))

    def add_collection(self, name: str, recognizer: str) -> CollectionRow:
        """Create a collection at version 0."""
        row = next_row(self._run, "collections")
        query = "INSERT INTO collections (id, name, recognizer, version) VALUES (?, ?, ?, 0)"
        self._run(query, (row, name, recognizer))
        return CollectionRow(row, name, recognizer, 0, 0)

    def forget_aliases_of(self, collection: str) -> None:
        """Delete every recognizer's aliases that lead there."""
        self._run("DELETE FROM aliases WHERE collection = ?", (collection,))

    def aliases(self, recognizer: str) -> dict[str, str]:
        """Return a recognizer's aliases and where they lead."""
        query = "SELECT alias, collection FROM aliases WHERE recognizer = ?"
        return dict(self._run(query, (recognizer,)).fetchall())

    def put_alias(self, recognizer: str, alias: str, collection: str) -> None:
        """Point an alias to a collection; to "" forgets it."""
        if collection:
            self._run("REPLACE INTO aliases VALUES (?, ?, ?)", (recognizer, alias, collection))
        else:
            query = "DELETE FROM aliases WHERE recognizer = ? AND alias = ?"
            self._run(query, (recognizer, alias))

    # Receipts of writes with a request_id

    def receipt(self, collection: str, request_id: str) -> tuple[bytes, WriteReceipt] | None:
        """Return the fingerprint and the receipt of an earlier write."""
        row = self._run(
            "SELECT fingerprint, version, sample_id, samples, removed FROM receipts WHERE key = ?",
            (self.keyed_hash("receipt", collection, request_id),),
        ).fetchone()
        return (row[0], WriteReceipt(*row[1:])) if row else None

    def put_receipt(
        self,
        collection: str,
        request_id: str,
        fingerprint: bytes,
        created: int,
        receipt: WriteReceipt,
    ) -> None:
        """Keep the receipt of a write; ``created`` in microseconds since 1970."""
        self._run(
            "INSERT INTO receipts VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                self.keyed_hash("receipt", collection, request_id),
                fingerprint,
                created,
                receipt.version,
                receipt.sample_id,
                receipt.samples,
                receipt.removed,
            ),
        )

    def forget_receipts(self, before: int) -> None:
        """Delete receipts older than that moment."""
        self._run("DELETE FROM receipts WHERE created < ?", (before,))
