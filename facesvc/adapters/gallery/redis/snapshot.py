"""Loads whole collections: users page by page, their embeddings as blocks."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facesvc.adapters.gallery.records import from_microseconds
from facesvc.adapters.gallery.redis import keys, lua
from facesvc.adapters.gallery.redis.codec import EMBEDDING_BYTES, Codec
from facesvc.adapters.gallery.redis.connection import Connector
from facesvc.adapters.gallery.redis.registry import Meta
from facesvc.adapters.gallery.redis.script import Argument, Script
from facesvc.adapters.gallery.redis.tail import Tail
from facesvc.adapters.gallery.store import SampleBlock
from facesvc.domain.faces import EMBEDDING_SIZE
from facesvc.domain.gallery import User

PAGE_USERS = 250  # about 0.5 MB and 3 ms of the server, so that writers are not held up
LOAD = Script(lua.LOAD)


@dataclass
class Snapshot:
    """What was loaded. Pages arrived while writes went on: ``tails`` knows which users are
    already ahead of the version noted before. ``stale`` tells that a record is not sealed with
    the current key.
    """

    users: list[tuple[str, User]] = field(default_factory=list)
    tails: dict[str, Tail] = field(default_factory=dict)
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
    tail = Tail(collection, meta.seq, meta.last)
    into.tails[collection] = tail
    seen: set[str] = set()  # SSCAN may give a member twice
    with ThreadPoolExecutor(1, "redis-load") as ahead:
        for version, link, *raw in _pages(connector, collection, meta.generation, ahead):
            tail.reach(int(version), link.decode(), least=meta.seq)
            page = _Page.read(codec, collection, raw)
            fresh = [one for one in page.people if one.user.user_id not in seen]
            seen.update(one.user.user_id for one in fresh)
            into.stale |= page.stale
            for one in fresh:
                into.users.append((collection, one.user))
                if one.user.version > tail.version:
                    tail.ahead[one.user.user_id] = one.user
            if fresh:
                into.waiting.append(page.block(collection, fresh))


def _pages(
    connector: Connector, collection: str, generation: str, ahead: ThreadPoolExecutor
) -> Iterator[list[bytes]]:
    """Yield pages, asking for the next while one is taken apart."""
    base = keys.base(collection)
    client = connector.primary(base)

    def ask(cursor: str) -> list[bytes]:
        args: list[Argument] = [base, generation, cursor, PAGE_USERS]
        declared = [f"{base}users:{generation}", keys.meta(collection)]
        *head, embeddings = LOAD.run(client, declared, args)
        return [*head, b"".join(embeddings)]

    coming: Future[list[bytes]] | None = ahead.submit(ask, "0")
    while coming is not None:
        page = coming.result()
        version, link, after, *records = page
        cursor = after.decode()
        coming = ahead.submit(ask, cursor) if cursor != "0" else None
        yield [version, link, *records]


@dataclass(frozen=True)
class _Person:
    """A user and where its rows of the page's matrix are."""

    user: User
    rows: slice


@dataclass(frozen=True)
class _Page:
    people: list[_Person]
    matrix: NDArray[np.float32]
    stale: bool

    def block(self, collection: str, people: list[_Person]) -> SampleBlock:
        """Return these users' samples, without copying when they are the whole page."""
        owners = [one.user.user_id for one in people for _ in range(one.user.samples)]
        if len(owners) == len(self.matrix):
            return SampleBlock(collection, owners, self.matrix)
        rows = np.concatenate([self.matrix[one.rows] for one in people])
        return SampleBlock(collection, owners, rows)

    @classmethod
    def read(cls, codec: Codec, collection: str, raw: list[bytes]) -> _Page:
        """Take apart what lua.LOAD answers after its cursor. Raises SealError."""
        index, texts_end_to_end, embeddings = raw
        listed = json.loads(index)
        texts, stale = _texts(codec, collection, listed, texts_end_to_end)
        sizes = [size for row in listed for size in row[7]]
        matrix, sealed_before = _matrix(codec, collection, listed, sizes, embeddings)
        people: list[_Person] = []
        at = 0
        for number, (user_id, _, _, created, updated, version, _, of_user) in enumerate(listed):
            samples = len(of_user) - of_user.count(0)  # 0: a record that a hand has removed
            rows, at = slice(at, at + samples), at + samples
            user = User(
                user_id=user_id,
                name=texts[2 * number] or "",
                metadata=texts[2 * number + 1] or {},
                samples=samples,
                created_at=from_microseconds(int(created)),
                updated_at=from_microseconds(int(updated)),
                version=int(version),
            )
            if samples:
                people.append(_Person(user, rows))
        return cls(people, matrix, stale or sealed_before)


def _texts(codec: Codec, collection: str, listed: list[Any], raw: bytes) -> tuple[list[Any], bool]:
    """Return name and metadata of every user in turn, and whether one is not as sealed now."""
    parts: list[bytes] = []
    stale = False
    at = 0
    for user_id, name_bytes, metadata_bytes, *_ in listed:
        for kind, size in (("name", name_bytes), ("metadata", metadata_bytes)):
            data = raw[at : at + size]
            at += size
            stale = stale or not codec.is_current(data)
            parts.append(codec.open_text(kind, collection, user_id, data) or b"null")
    return json.loads(b"[" + b",".join(parts) + b"]"), stale


def _matrix(
    codec: Codec, collection: str, listed: list[Any], sizes: list[int], raw: bytes
) -> tuple[NDArray[np.float32], bool]:
    """Return every embedding, float32 (n, 512), and whether one is not as sealed now."""
    if all(size == EMBEDDING_BYTES for size in sizes) and not codec.ring.seals:
        return _rows(raw), False
    opened: list[bytes] = []
    stale = False
    at = 0
    for user_id, _, _, _, _, _, sample_ids, of_user in listed:
        for sample_id, size in zip(sample_ids.split(" "), of_user, strict=True):
            data, at = raw[at : at + size], at + size
            if data:
                stale = stale or not codec.is_current(data)
                opened.append(codec.open_embedding(collection, user_id, sample_id, data))
    return _rows(b"".join(opened)), stale


def _rows(data: bytes) -> NDArray[np.float32]:
    return np.frombuffer(data, "<f4").reshape(-1, EMBEDDING_SIZE)
