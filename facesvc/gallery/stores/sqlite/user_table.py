"""Users and samples: the statements that read and write them.

secure_delete zeroes a deleted row, but SQLite leaves stale copies of rows in the gaps of pages
that it has rebalanced, and those outlive the row. So rows never move: they are only appended,
overwritten by records of the same length, or wiped with zeros for later use. Erasing a user is
then exact and costs what the user weighs, where VACUUM would cost the whole file.

A user's key is a keyed hash of the user_id, so that neither the file nor its index tells who is
enrolled once records are sealed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from facesvc.domain.faces import EMBEDDING_SIZE
from facesvc.domain.gallery import User
from facesvc.gallery.stores import records
from facesvc.gallery.stores.records import StoredSample
from facesvc.gallery.stores.sealing import HEAD_BYTES
from facesvc.gallery.stores.sqlite.tables import (
    NO_OWNER,
    NO_USER,
    CollectionRow,
    Tables,
    next_row,
)

# Rows of one block, and of one fetch: 272 KB stay in the processor's cache until they are copied
# into the block. Fetching 2,048 rows at once took twice the time.
_LOAD_ROWS = 2048
_FETCH_ROWS = 128
_SAMPLE_RECORD = HEAD_BYTES + records.SAMPLE_BYTES
_WIPE_SAMPLES = """UPDATE samples SET record = zeroblob(length(record)),
    user = CASE length(record) WHEN ? THEN ? ELSE ? END WHERE user = ?"""
_WIPE_SAMPLE = """UPDATE samples SET record = zeroblob(length(record)),
    user = CASE length(record) WHEN ? THEN ? ELSE ? END WHERE id = ?"""
_FREE_KEY = "SELECT id FROM users WHERE collection = ? AND key BETWEEN ? AND ? LIMIT 1"


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


class UserTable:
    """Used by one thread a time, inside a transaction. Every read raises SealError for a record
    that the ring cannot open.
    """

    def __init__(self, connection: sqlite3.Connection, tables: Tables) -> None:
        self._run = connection.execute
        self._tables = tables
        self._ring = tables.ring

    def user(self, collection: CollectionRow, user_id: str) -> UserRow | None:
        """Return one user."""
        key = self._tables.keyed_hash(user_id)
        query = "SELECT id, record FROM users WHERE collection = ? AND key = ?"
        row = self._run(query, (collection.row, key)).fetchone()
        if row is None:
            return None
        plain = self._ring.open(row[1], user_identity(collection.name, key))
        return UserRow(row[0], key, records.decode_user(plain))

    def put_user(self, collection: CollectionRow, user: User, before: UserRow | None) -> UserRow:
        """Write a user, in place where the new record is as long as the one before."""
        key = self._tables.keyed_hash(user.user_id)
        record = self._ring.seal(
            records.padded(records.encode_user(user)), user_identity(collection.name, key)
        )
        if before is not None:
            query = "UPDATE users SET record = ? WHERE id = ? AND length(record) = ?"
            if self._run(query, (record, before.row, len(record))).rowcount:
                return UserRow(before.row, key, user)
            self.wipe_user(before.row)
        row = self._place_user(collection.row, key, record)
        if before is not None:
            self._run("UPDATE samples SET user = ? WHERE user = ?", (row, before.row))
        return UserRow(row, key, user)

    def wipe_user(self, row: int) -> None:
        """Overwrite a user with zeros, and forget when it was seen; its samples are left alone."""
        self._run(
            """DELETE FROM seen WHERE (collection, key) IN
            (SELECT collection, key FROM users WHERE id = ?)""",
            (row,),
        )
        length = self._run("SELECT length(record) FROM users WHERE id = ?", (row,)).fetchone()[0]
        self._run(
            "UPDATE users SET collection = ?, key = ?, record = ? WHERE id = ?",
            (NO_OWNER, _free_key(length, row), bytes(length), row),
        )

    def add_sample(self, collection: str, user: UserRow, sample: StoredSample) -> None:
        """Write a sample, into a wiped row if there is one."""
        free = self._run("SELECT id FROM samples WHERE user = ? LIMIT 1", (NO_USER,)).fetchone()
        row = free[0] if free else next_row(self._run, "samples")
        identity = sample_identity(collection, user.key, row)
        record = self._ring.seal(sample.encode(), identity)
        if free:
            query = "UPDATE samples SET user = ?, record = ? WHERE id = ?"
            self._run(query, (user.row, record, row))
        else:
            self._run("INSERT INTO samples VALUES (?, ?, ?)", (row, user.row, record))

    def wipe_samples(self, user: int) -> int:
        """Overwrite a user's samples with zeros; return how many."""
        return self._run(_WIPE_SAMPLES, (_SAMPLE_RECORD, NO_USER, NO_OWNER, user)).rowcount

    def wipe_sample(self, row: int) -> None:
        """Overwrite one sample with zeros."""
        self._run(_WIPE_SAMPLE, (_SAMPLE_RECORD, NO_USER, NO_OWNER, row))

    def wipe_collection(self, collection: CollectionRow) -> int:
        """Overwrite all users and samples; return how many samples."""
        rows = self._run("SELECT id FROM users WHERE collection = ?", (collection.row,)).fetchall()
        wiped = 0
        for (row,) in rows:
            wiped += self.wipe_samples(row)
            self.wipe_user(row)
        return wiped

    def samples(self, collection: str, user: UserRow) -> list[StoredSample]:
        """Return a user's samples, the oldest first."""
        return [sample for _, sample in self.sample_rows(collection, user)]

    def sample_rows(self, collection: str, user: UserRow) -> list[tuple[int, StoredSample]]:
        """Return a user's samples with their rows, the oldest first."""
        found = self._run("SELECT id, record FROM samples WHERE user = ?", (user.row,))
        samples = [
            (
                row,
                StoredSample.decode(
                    self._ring.open(record, sample_identity(collection, user.key, row))
                ),
            )
            for row, record in found
        ]
        return sorted(samples, key=lambda one: one[1].order)

    def open_sample(self, row: int) -> StoredSample:
        """Return the sample in one row, whoever's it is: for checking a file."""
        query = """SELECT s.record, u.key, c.name FROM samples s JOIN users u ON u.id = s.user
            JOIN collections c ON c.id = u.collection WHERE s.id = ?"""
        record, key, collection = self._run(query, (row,)).fetchone()
        return StoredSample.decode(self._ring.open(record, sample_identity(collection, key, row)))

    def all_users(self, collections: Mapping[int, str]) -> Iterator[tuple[int, Owner, bytes]]:
        """Yield the users of collections, whose rows and names these are: their rows, and what
        records.encode_user made of them.
        """
        # In the order of rows: by the index, every user would be a read of its own.
        for row, collection, key, record in self._run("SELECT * FROM users NOT INDEXED"):
            name = collections.get(collection)
            if name is not None:
                identity = user_identity(name, key) if self._ring.seals else b""
                plain = self._ring.open(record, identity)
                user_id, length = records.user_head(plain)
                yield row, Owner(name, user_id, key), plain[:length]

    def all_samples(
        self, owners: Mapping[int, Owner]
    ) -> Iterator[tuple[list[Owner], NDArray[np.float32]]]:
        """Yield blocks of owners and embeddings, float32 (n, 512), of the users in these rows."""
        rows = self._run("SELECT id, user, record FROM samples")
        part = rows.fetchmany(_FETCH_ROWS)
        while part:
            found: list[Owner] = []
            embeddings = np.empty((_LOAD_ROWS, EMBEDDING_SIZE), np.float32)
            while part and len(found) + len(part) <= _LOAD_ROWS:
                owned = [
                    (row, owners[user], record) for row, user, record in part if user in owners
                ]
                if owned:
                    start = len(found)
                    found += [owner for _, owner, _ in owned]
                    records.copy_embeddings(self._opened(owned), embeddings[start : len(found)])
                part = rows.fetchmany(_FETCH_ROWS)
            yield found, embeddings[: len(found)]

    def _opened(self, samples: Sequence[tuple[int, Owner, bytes]]) -> list[bytes]:
        """Return the samples' bytes, with or without what precedes them in a plain record."""
        plain = [record for _, _, record in samples]
        if not self._ring.seals and all(map(self._ring.is_current, plain)):
            return plain
        return [
            self._ring.open(record, sample_identity(owner.collection, owner.key, row))
            for row, owner, record in samples
        ]

    def _place_user(self, collection: int, key: bytes, record: bytes) -> int:
        length = len(record)
        bounds = (NO_OWNER, _free_key(length, 0), _free_key(length, 2**63))
        free = self._run(_FREE_KEY, bounds).fetchone()
        if free:
            query = "UPDATE users SET collection = ?, key = ?, record = ? WHERE id = ?"
            self._run(query, (collection, key, record, free[0]))
            return int(free[0])
        row = next_row(self._run, "users")
        self._run("INSERT INTO users VALUES (?, ?, ?, ?)", (row, collection, key, record))
        return row


def user_identity(collection: str, key: bytes) -> bytes:
    """Return what binds a user's record to its row."""
    return b"user\x00" + collection.encode() + b"\x00" + key


def sample_identity(collection: str, key: bytes, row: int) -> bytes:
    """Return what binds a sample's record to its row."""
    return b"sample\x00" + collection.encode() + b"\x00" + key + row.to_bytes(8)


def _free_key(length: int, row: int) -> bytes:
    """Return the key of a wiped row, as long as any key, ordered by the room that it has."""
    return length.to_bytes(8) + row.to_bytes(8)
