"""One Redis primary of the gallery: its share of the users, their samples and their index."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import redis
from numpy.typing import NDArray
from redis.exceptions import ResponseError

from facesvc.application.call import Call
from facesvc.domain.faces import EMBEDDING_SIZE
from facesvc.domain.gallery import Match, Sample, User
from facesvc.domain.gallery_errors import (
    ForeignCollectionError,
    ServerDataLostError,
    StoreFailedError,
    StoreFault,
    StoreTask,
)
from facesvc.gallery.sharded import lua
from facesvc.gallery.sharded.half_precision import HalfCodec, from_half, to_half
from facesvc.gallery.sharded.merge import Found, by_rank
from facesvc.gallery.stores.port import GalleryOpenError
from facesvc.gallery.stores.records import from_microseconds
from facesvc.gallery.stores.redis import keys, purge
from facesvc.gallery.stores.redis import lua as store_lua
from facesvc.gallery.stores.redis.connection import Timeouts, connect
from facesvc.gallery.stores.redis.durability import durability_warnings
from facesvc.gallery.stores.redis.registry import Registry, Survey
from facesvc.gallery.stores.redis.samples import read_samples
from facesvc.gallery.stores.redis.script import Argument, Script
from facesvc.gallery.stores.redis.url import RedisTarget
from facesvc.gallery.stores.redis.writer import WriteHead, Writer

INDEX = "facesvc-faces"
SHARD_KEY = f"{keys.PREFIX}:{{@shard}}"
CONNECT_S = 0.1  # one connection of a writer
READ_TIMEOUTS = Timeouts(connect_s=0.5, answer_s=2.0)  # 5M faces are read in about 1 s
WAIT_SHARE = 0.75  # of a write's time: for the acknowledgements of Redis's replicas
LOG_LENGTH = 1  # nobody follows this log
BUILD_S = 600.0  # how long a start waits for the index of a server that has just started
FIRST_COUNT = 16  # samples asked of a shard at once; doubled until the answer is settled

SEARCH, USERS, PAGE = Script(lua.SEARCH), Script(lua.USERS), Script(lua.PAGE)
ADOPT, SAMPLES = Script(lua.ADOPT), Script(store_lua.SAMPLES)


@dataclass(frozen=True)
class Count:
    """What one shard has of a collection."""

    users: int
    samples: int


@dataclass(frozen=True)
class Share:
    """A page of one shard's users in order, and how many users it has."""

    total: int
    user_ids: list[str]


class Shard:
    """Thread-safe. ``number`` counts from 0."""

    def __init__(self, target: RedisTarget, number: int, recognizer: str) -> None:
        self.number = number
        self.label = target.label
        self.codec = HalfCodec()
        self.head = WriteHead(recognizer, LOG_LENGTH)
        self._recognizer = recognizer
        self._target = target
        self._reads = connect(target, READ_TIMEOUTS)
        self._writes = connect(target, Timeouts(CONNECT_S, target.write_timeout_s))
        self.writer = Writer(
            self._writes, target.wait_replicas, WAIT_SHARE * target.write_timeout_s
        )
        self.registry = Registry(self._writes, recognizer)
        self.layout = ""

    @property
    def client(self) -> redis.Redis:
        """The server. Raises RedisError."""
        return self._reads.primary(SHARD_KEY)

    def held_layout(self) -> str:
        """Return the layout that the server was given, "" before the first start."""
        found: Any = self.client.hget(SHARD_KEY, "layout")
        return bytes(found or b"").decode()

    def open(self, layout: str) -> list[str]:
        """Take the layout, make the index, wait until it is built; return warnings. Raises
        RedisError; StoreUnavailableError when the server belongs to another gallery.
        """
        self.layout = layout
        adopted = bytes(ADOPT.run(self.client, [SHARD_KEY], [layout])).decode()
        if adopted != layout:
            raise GalleryOpenError(
                f"Redis server {self.number + 1} ({self.label}) belongs to another gallery, or "
                "the servers are listed in another order.",
            )
        self.head = WriteHead(self._recognizer, LOG_LENGTH, layout, self.number + 1)
        self._make_index()
        self.writer.prepare()
        return durability_warnings(self.client, self._target.wait_replicas)

    def search(
        self, collection: str, probe: NDArray[np.float32], top_k: int, threshold: float
    ) -> list[Match]:
        """Return the best users of this shard; more than asked for or below the threshold
        may be among them. Raises RedisError, StoreUnavailableError, ModelMismatchError.
        """
        count = max(FIRST_COUNT, 2 * top_k)
        while True:
            found = self._nearest(collection, probe, count)
            if found.settles(top_k, threshold):
                return found.matches
            count *= 2

    def users(self, collection: str, user_ids: Sequence[str]) -> list[User]:
        """Return those of the users that exist. Raises as search does."""
        rows = self._ask(USERS, collection, list(user_ids))
        return [
            self._user(collection, user_id, row)
            for user_id, row in zip(user_ids, rows, strict=True)
            if row[4] is not None
        ]

    def page(self, collection: str, after: str, count: int) -> Share:
        """Return the next users after one, "" for the first. Raises as search does."""
        total, *found = self._ask(PAGE, collection, [after, count])
        return Share(int(total), [user_id.decode() for user_id in found])

    def samples(self, collection: str, user_ids: Sequence[str]) -> list[Sample]:
        """Return the users' samples, grouped, the oldest first. Raises RedisError."""
        base = keys.base(collection)
        rows = SAMPLES.run(self.client, [keys.meta(collection)], [base, *user_ids])
        return [
            sample
            for user_id, row in zip(user_ids, rows, strict=True)
            for sample in read_samples(self.codec, self._recognizer, collection, user_id, row)
        ]

    def survey(self) -> tuple[Survey, dict[str, Count]]:
        """Return the collections, and what each served one has. Raises RedisError,
        StoreUnavailableError when the server lost its data.
        """
        survey = self.registry.survey()
        if self.layout and self.held_layout() != self.layout:
            raise ServerDataLostError(self.number + 1)
        counts = {}
        for name, meta in survey.served(self._recognizer).items():
            users = self.client.zcard(f"{keys.base(name)}order:{meta.generation}")
            samples = self.client.hget(keys.meta(name), "samples")
            counts[name] = Count(int(users), int(samples or 0))
        return survey, counts

    def rewrite_files(self, call: Call) -> list[str]:
        """Have the server and its replicas write their files anew. Raises RedisError."""
        return purge.rewrite_everywhere(self._reads, call)

    def close(self) -> None:
        """Close every connection."""
        self._reads.close()
        self._writes.close()

    def _nearest(self, collection: str, probe: NDArray[np.float32], count: int) -> Found:
        returned, *rows = self._ask(SEARCH, collection, [INDEX, to_half(probe), count])
        vectors = from_half(b"".join(rows[3::4]))
        best: dict[str, Match] = {}
        for user, name, similarity in zip(rows[::4], rows[1::4], vectors @ probe, strict=True):
            user_id, cosine = user.decode(), float(np.clip(similarity, -1.0, 1.0))
            if user_id not in best or cosine > best[user_id].similarity:
                name_text = self.codec.unpack_name(collection, user_id, name)
                best[user_id] = Match(user_id, cosine, name_text)
        floor = min((1.0 - float(distance) for distance in rows[2::4]), default=1.0)
        return Found(sorted(best.values(), key=by_rank), floor, int(returned) < count)

    def _ask(self, script: Script, collection: str, args: Sequence[Argument]) -> list[Any]:
        head: list[Argument] = [self.layout, keys.base(collection), self._recognizer]
        answer: list[Any]
        status, *answer = script.run(self.client, [keys.meta(collection)], [*head, *args])
        match status:
            case b"OK":
                return answer
            case b"MODEL":
                raise ForeignCollectionError(collection, answer[0].decode(), self._recognizer)
            case b"INDEXING" | b"INDEX":
                raise StoreFailedError(StoreTask.READ, StoreFault.INDEXING, server=self.number + 1)
            case _:
                raise ServerDataLostError(self.number + 1)

    def _user(self, collection: str, user_id: str, row: list[bytes]) -> User:
        name, metadata, created, updated, version, ids = row
        return User(
            user_id=user_id,
            name=self.codec.unpack_name(collection, user_id, name or b""),
            metadata=self.codec.unpack_metadata(collection, user_id, metadata or b""),
            samples=len(ids.split()),
            created_at=from_microseconds(int(created)),
            updated_at=from_microseconds(int(updated)),
            version=int(version),
        )

    def _make_index(self) -> None:
        server: Any = self.client
        vector = ["TYPE", "FLOAT16", "DIM", EMBEDDING_SIZE, "DISTANCE_METRIC", "COSINE"]
        schema = ["c", "TAG", "CASESENSITIVE", "e", "VECTOR", "FLAT", len(vector), *vector]
        with suppress(ResponseError):  # exists already, or FT.INFO tells why not
            server.execute_command(
                *("FT.CREATE", INDEX, "ON", "HASH", "PREFIX", 1, f"{keys.PREFIX}:"),
                *("FILTER", "exists(@c)", "STOPWORDS", 0, "SCHEMA", *schema),
            )
        deadline = time.monotonic() + BUILD_S
        while True:
            try:
                building = int(self._index_info().get(b"indexing", 0))
            except ResponseError as error:
                raise GalleryOpenError(
                    f"Redis server {self.number + 1} ({self.label}) has no search: use Redis 8, "
                    "or Redis Stack."
                ) from error
            if not building:
                return
            if time.monotonic() > deadline:
                raise GalleryOpenError("The search index takes too long to build.")
            time.sleep(0.2)

    def _index_info(self) -> dict[bytes, Any]:
        server: Any = self.client
        info = server.execute_command("FT.INFO", INDEX)
        return dict(zip(info[::2], info[1::2], strict=False))
