"""Loads whole collections: users page by page, their embeddings as blocks."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from facesvc.adapters.gallery.records import from_microseconds
from facesvc.adapters.gallery.redis import keys, lua
from facesvc.adapters.gallery.redis.codec import Codec
from facesvc.adapters.gallery.redis.connection import Connector
from facesvc.adapters.gallery.redis.registry import Meta
from facesvc.adapters.gallery.redis.script import Script
from facesvc.adapters.gallery.redis.tail import Tail
from facesvc.adapters.gallery.store import SampleBlock
from facesvc.domain.faces import EMBEDDING_SIZE
from facesvc.domain.gallery import User

PAGE_USERS = 500  # about 1 MB and 3 ms of the server, so that writers are not held up
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
    base = keys.base(collection)
    client = connector.primary(base)
    members = f"{base}users:{meta.generation}"
    seen: set[str] = set()  # SSCAN may give a member twice
    cursor = "0"
    while True:
        page = LOAD.run(client, [members], [base, meta.generation, cursor, PAGE_USERS])
        cursor = bytes(page[0]).decode()
        _add_page(codec, collection, tail, page, seen, into)
        if cursor == "0":
            return


def _add_page(
    codec: Codec, collection: str, tail: Tail, page: list[bytes], seen: set[str], into: Snapshot
) -> None:
    rows = json.loads(page[1])
    texts, embeddings = memoryview(page[2]), memoryview(page[3])
    text_at = embedding_at = 0
    owners: list[str] = []
    kept: list[bytes] = []
    for user_id, name_bytes, metadata_bytes, created, updated, version, ids, sizes in rows:
        metadata_at = text_at + name_bytes
        name = bytes(texts[text_at:metadata_at])
        text_at = metadata_at + metadata_bytes
        metadata = bytes(texts[metadata_at:text_at])
        at, embedding_at = embedding_at, embedding_at + sum(sizes)
        if user_id in seen:
            continue
        seen.add(user_id)
        before = len(kept)
        for sample_id, size in zip(ids.split(" "), sizes, strict=True):
            if size:  # 0: the record is gone, which only a hand could have done
                sealed = bytes(embeddings[at : at + size])
                into.stale |= not codec.is_current(sealed)
                kept.append(codec.open_embedding(collection, user_id, sample_id, sealed))
            at += size
        samples = len(kept) - before
        if not samples:
            continue
        owners.extend([user_id] * samples)
        user = User(
            user_id=user_id,
            name=codec.unpack_name(collection, user_id, name),
            metadata=codec.unpack_metadata(collection, user_id, metadata),
            samples=samples,
            created_at=from_microseconds(int(created)),
            updated_at=from_microseconds(int(updated)),
            version=int(version),
        )
        into.stale |= not (codec.is_current(name) and codec.is_current(metadata))
        into.users.append((collection, user))
        if user.version > tail.version:
            tail.ahead[user_id] = user
    if owners:
        matrix = np.frombuffer(b"".join(kept), dtype="<f4").reshape(-1, EMBEDDING_SIZE)
        into.waiting.append(SampleBlock(collection, owners, matrix))
