"""Loads whole collections: users page by page, their embeddings as blocks."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from facesvc.domain.faces import EMBEDDING_SIZE
from facesvc.gallery.stores.port import SampleBlock
from facesvc.gallery.stores.records import decode_user, pack_user
from facesvc.gallery.stores.redis import scripts
from facesvc.gallery.stores.redis.codec import EMBEDDING_BYTES, Codec
from facesvc.gallery.stores.redis.log_replay import LogReplay
from facesvc.gallery.stores.redis.toolkit import keys
from facesvc.gallery.stores.redis.toolkit.connection import Connector
from facesvc.gallery.stores.redis.toolkit.registry import Meta
from facesvc.gallery.stores.redis.toolkit.script import Argument

PAGE_USERS = 250  # about 0.5 MB and 3 ms of the server, so that writers are not held up
_ROW = 7  # answers of load.lua for each user: user, b, j, t, w, v, i


@dataclass
class Snapshot:
    """What was loaded. Pages arrived while writes went on: ``replays`` knows which users are
    already ahead of the version noted before. ``stale`` tells that a record is not sealed with
    the current key.
    """

    users: list[tuple[str, str, bytes]] = field(default_factory=list)
    replays: dict[str, LogReplay] = field(default_factory=dict)
    stale: bool = False
    waiting: deque[SampleBlock] = field(default_factory=deque)

    def blocks(self) -> Iterator[SampleBlock]:
        """Yield each block once, letting its memory go as soon as the next is wanted."""
        while self.waiting:
            yield self.waiting.popleft()


def load_collection(
    connector: Connector, codec: Codec, collection: str, meta: Meta, into: Snapshot
) -> None:
    """Add a collection as it is now, to be followed from ``meta``. Raises RedisError."""
    replay = LogReplay(collection, meta.seq, meta.last)
    into.replays[collection] = replay
    seen: set[str] = set()  # SSCAN may give a member twice
    for raw in _pages(connector, collection, meta.generation):
        replay.reach(int(raw.version), raw.link.decode(), least=meta.seq)
        page = _Page.read(codec, collection, raw)
        fresh = [one for one in page.users if one.user_id not in seen]
        seen.update(one.user_id for one in fresh)
        into.stale |= page.stale
        for one in fresh:
            into.users.append((collection, one.user_id, one.record))
            if one.version > replay.version:
                replay.ahead[one.user_id] = decode_user(one.record)
        if fresh:
            into.waiting.append(page.block(collection, fresh))


class _RawPage(NamedTuple):
    """What load.lua answers."""

    version: bytes
    link: bytes
    cursor: bytes
    rows: list[bytes]
    embeddings: list[bytes]


def _pages(connector: Connector, collection: str, generation: str) -> Iterator[_RawPage]:
    """Yield pages. The next one is asked for before a page is handed out, on one connection and
    in one thread, so that the server is at work while the page is taken apart.
    """
    base = keys.base(collection)
    client = connector.primary(base)
    client.script_load(scripts.LOAD.text)
    pool: Any = client.connection_pool  # redis-py leaves these untyped
    connection: Any = pool.get_connection()
    declared = {"users": f"{base}users:{generation}", "meta": keys.meta(collection)}

    def ask(cursor: str) -> None:
        args: dict[str, Argument] = {
            "base": base,
            "gen": generation,
            "cursor": cursor,
            "count": PAGE_USERS,
        }
        connection.send_command("EVALSHA", *scripts.LOAD.command(declared, args))

    waiting = False
    try:
        ask("0")
        waiting = True
        while waiting:
            page = _RawPage(*connection.read_response())
            waiting = page.cursor != b"0"
            if waiting:
                ask(page.cursor.decode())
            yield page
    except BaseException:
        connection.disconnect()  # an answer may still be on its way
        raise
    finally:
        pool.release(connection)


class _LoadedUser(NamedTuple):
    """A user's record, and where its rows of the page's matrix are."""

    user_id: str
    version: int
    record: bytes
    rows: slice


@dataclass(frozen=True)
class _Page:
    users: list[_LoadedUser]
    matrix: NDArray[np.float32]
    stale: bool

    def block(self, collection: str, users: list[_LoadedUser]) -> SampleBlock:
        """Return these users' samples, without copying when they are the whole page."""
        owners = [one.user_id for one in users for _ in range(one.rows.stop - one.rows.start)]
        if len(owners) == len(self.matrix):
            return SampleBlock(collection, owners, self.matrix)
        rows = np.concatenate([self.matrix[one.rows] for one in users])
        return SampleBlock(collection, owners, rows)

    @classmethod
    def read(cls, codec: Codec, collection: str, raw: _RawPage) -> _Page:
        """Take it apart. Raises SealError."""
        rows, embeddings = raw.rows, raw.embeddings
        user_ids = [user_id.decode() for user_id in rows[0::_ROW]]
        sample_ids = [ids.decode().split(" ") for ids in rows[6::_ROW]]
        names, metadata, stale = _texts(codec, collection, user_ids, rows)
        if not codec.ring.seals and all(len(data) == EMBEDDING_BYTES for data in embeddings):
            matrix, before, counts = _rows(embeddings), False, [len(ids) for ids in sample_ids]
        else:
            matrix, before, counts = _opened(codec, collection, user_ids, sample_ids, embeddings)
        users: list[_LoadedUser] = []
        at = 0
        times = zip(rows[3::_ROW], rows[4::_ROW], rows[5::_ROW], strict=True)
        for user_id, name, more, samples, (created, updated, version) in zip(
            user_ids, names, metadata, counts, times, strict=True
        ):
            if not samples:
                continue
            written = int(version)
            record = pack_user(
                user_id, name or "", more or b"{}", samples, int(created), int(updated), written
            )
            users.append(_LoadedUser(user_id, written, record, slice(at, at + samples)))
            at += samples
        return cls(users, matrix, stale or before)


def _texts(
    codec: Codec, collection: str, user_ids: list[str], rows: list[bytes]
) -> tuple[list[str | None], list[bytes], bool]:
    """Return every user's name, and metadata as JSON, and whether one is not as sealed now."""
    names: list[bytes] = []
    metadata: list[bytes] = []
    stale = False
    for user_id, name, more in zip(user_ids, rows[1::_ROW], rows[2::_ROW], strict=True):
        stale = stale or not (codec.is_current(name) and codec.is_current(more))
        names.append(codec.open_text("name", collection, user_id, name) or b"null")
        metadata.append(codec.open_text("metadata", collection, user_id, more))
    return json.loads(b"[" + b",".join(names) + b"]"), metadata, stale


def _opened(
    codec: Codec,
    collection: str,
    user_ids: list[str],
    sample_ids: list[list[str]],
    embeddings: list[bytes],
) -> tuple[NDArray[np.float32], bool, list[int]]:
    """Return every embedding, float32 (n, 512), whether one is not as sealed now, and how many
    each user has: a hand may have removed records.
    """
    opened: list[bytes] = []
    counts: list[int] = []
    stale = False
    coming = iter(embeddings)
    for user_id, ids in zip(user_ids, sample_ids, strict=True):
        before = len(opened)
        for sample_id, data in zip(ids, coming, strict=False):  # takes no more than there are ids
            if data:
                stale = stale or not codec.is_current(data)
                opened.append(codec.open_embedding(collection, user_id, sample_id, data))
        counts.append(len(opened) - before)
    return _rows(opened), stale, counts


def _rows(parts: list[bytes]) -> NDArray[np.float32]:
    return np.frombuffer(b"".join(parts), "<f4").reshape(-1, EMBEDDING_SIZE)
