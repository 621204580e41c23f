"""The statements of the SQLite store. Used by one thread a time, inside a transaction."""

from __future__ import annotations

import hashlib
import hmac
import os
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from facesvc.adapters.gallery import records
from facesvc.adapters.gallery.records import StoredSample
from facesvc.adapters.gallery.sealing import KeyRing
from facesvc.domain.gallery import User, WriteReceipt

_KEY_BYTES = 16  # 128 bits: no two of 10**9 users share a key by chance (3e-21)
_LOAD_ROWS = 2048


@dataclass(frozen=True)
class CollectionRow:
    """A collection; one that is ``deleted`` (0 or 1) keeps its version counter."""

    row: int
    name: str
    recognizer: str
    version: int
    deleted: int


@dataclass(frozen=True)
class UserRow:
    """A user, and where it is."""

    row: int
    key: bytes
    user: User


class Owner(NamedTuple):
    """Whose a sample is."""

    collection: str
    user_id: str
    key: bytes


class Tables:
    """Reads and writes records. A user's key is a keyed hash of the user_id, so that neither
    the file nor its index tells who is enrolled once records are sealed.
    """

    def __init__(self, connection: sqlite3.Connection, ring: KeyRing) -> None:
        self._run = connection.execute
        self.ring = ring
        self._secret = b""

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

    def add_collection(self, name: str, recognizer: str) -> CollectionRow:
        """Create a collection at version 0."""
        added = self._run(
            "INSERT INTO collections (name, recognizer, version) VALUES (?, ?, 0)",
            (name, recognizer),
        )
        return CollectionRow(int(added.lastrowid or 0), name, recognizer, 0, 0)

    def empty_collection(self, collection: CollectionRow) -> int:
        """Delete all users and samples; return how many samples there were."""
        gone = self._run(
            "DELETE FROM samples WHERE user IN (SELECT id FROM users WHERE collection = ?)",
            (collection.row,),
        ).rowcount
        self._run("DELETE FROM users WHERE collection = ?", (collection.row,))
        self._run("DELETE FROM aliases WHERE collection = ?", (collection.name,))
        return gone

    def aliases(self, recognizer: str) -> dict[str, str]:
        """Return a recogniser's aliases and where they lead."""
        query = "SELECT alias, collection FROM aliases WHERE recognizer = ?"
        return dict(self._run(query, (recognizer,)).fetchall())

    def put_alias(self, recognizer: str, alias: str, collection: str) -> None:
        """Point an alias to a collection; to "" forgets it."""
        if collection:
            self._run("REPLACE INTO aliases VALUES (?, ?, ?)", (recognizer, alias, collection))
        else:
            query = "DELETE FROM aliases WHERE recognizer = ? AND alias = ?"
            self._run(query, (recognizer, alias))

    # Users and samples

    def user(self, collection: CollectionRow, user_id: str) -> UserRow | None:
        """Return one user. Raises SealError."""
        key = self.keyed_hash(user_id)
        row = self._run(
            "SELECT id, record FROM users WHERE collection = ? AND key = ?", (collection.row, key)
        ).fetchone()
        if row is None:
            return None
        plain = self.ring.open(row[1], _user_identity(collection.name, key))
        return UserRow(row[0], key, records.decode_user(plain))

    def put_user(self, collection: CollectionRow, user: User, row: int | None) -> int:
        """Write a user into its row, or a new one; return the row."""
        key = self.keyed_hash(user.user_id)
        record = self.ring.seal(records.encode_user(user), _user_identity(collection.name, key))
        if row is not None:
            self._run("UPDATE users SET record = ? WHERE id = ?", (record, row))
            return row
        added = self._run(
            "INSERT INTO users (collection, key, record) VALUES (?, ?, ?)",
            (collection.row, key, record),
        )
        return int(added.lastrowid or 0)

    def delete_user(self, row: int) -> None:
        """Delete a user; its samples must be gone."""
        self._run("DELETE FROM users WHERE id = ?", (row,))

    def add_sample(self, collection: str, user: UserRow, sample: StoredSample) -> None:
        """Write a sample."""
        row = self._run("SELECT coalesce(max(id), 0) + 1 FROM samples").fetchone()[0]
        identity = _sample_identity(collection, user.key, row)
        record = self.ring.seal(sample.encode(), identity)
        self._run("INSERT INTO samples VALUES (?, ?, ?)", (row, user.row, record))

    def delete_samples(self, user: int) -> int:
        """Delete a user's samples; return how many."""
        return self._run("DELETE FROM samples WHERE user = ?", (user,)).rowcount

    def samples(self, collection: str, user: UserRow) -> list[StoredSample]:
        """Return a user's samples, the oldest first. Raises SealError."""
        found = self._run("SELECT id, record FROM samples WHERE user = ? ORDER BY id", (user.row,))
        return [
            StoredSample.decode(self.ring.open(record, _sample_identity(collection, user.key, row)))
            for row, record in found
        ]

    # Everything, at start

    def all_users(self, collection: CollectionRow) -> Iterator[UserRow]:
        """Yield a collection's users. Raises SealError."""
        query = "SELECT id, key, record FROM users WHERE collection = ?"
        for row, key, record in self._run(query, (collection.row,)):
            plain = self.ring.open(record, _user_identity(collection.name, key))
            yield UserRow(row, key, records.decode_user(plain))

    def all_samples(self, owners: Mapping[int, Owner]) -> Iterator[list[tuple[Owner, bytes]]]:
        """Yield parts of (owner, encoded sample), of the users in these rows. Raises SealError."""
        rows = self._run("SELECT id, user, record FROM samples")
        while part := rows.fetchmany(_LOAD_ROWS):
            yield [
                (owner, self.ring.open(record, _sample_identity(owner.collection, owner.key, row)))
                for row, user, record in part
                if (owner := owners.get(user)) is not None
            ]

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


def _user_identity(collection: str, key: bytes) -> bytes:
    return b"user\x00" + collection.encode() + b"\x00" + key


def _sample_identity(collection: str, key: bytes, row: int) -> bytes:
    return b"sample\x00" + collection.encode() + b"\x00" + key + row.to_bytes(8)
