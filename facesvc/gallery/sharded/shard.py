"""One Redis primary of the gallery: its share of the users, their samples and their index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import redis
from numpy.typing import NDArray

from facesvc.application.call import Call
from facesvc.domain.collection_settings import KeptSettings
from facesvc.domain.events import Retention
from facesvc.domain.gallery import REQUEST_ID_LIFE_S, Sample, SearchQuery, User
from facesvc.domain.gallery_errors import (
    ForeignCollectionError,
    ServerDataLostError,
    StoreFailedError,
    StoreFault,
    StoreTask,
)
from facesvc.domain.metadata_filter import MetadataFilter
from facesvc.gallery.sharded import scripts
from facesvc.gallery.sharded.half_precision import HalfPrecisionCodec
from facesvc.gallery.sharded.merge import Found
from facesvc.gallery.sharded.nearest import nearest
from facesvc.gallery.sharded.search_index import prepare_index
from facesvc.gallery.sharded.transfer_steps import Transfer
from facesvc.gallery.stores.port import GalleryOpenError
from facesvc.gallery.stores.records import from_microseconds
from facesvc.gallery.stores.redis.toolkit import keys, settings
from facesvc.gallery.stores.redis.toolkit import seen as marks
from facesvc.gallery.stores.redis.toolkit.connection import Timeouts, connect
from facesvc.gallery.stores.redis.toolkit.durability import durability_warnings
from facesvc.gallery.stores.redis.toolkit.event_codec import EventCodec
from facesvc.gallery.stores.redis.toolkit.file_rewrite import rewrite_everywhere
from facesvc.gallery.stores.redis.toolkit.registry import Registry, Survey
from facesvc.gallery.stores.redis.toolkit.replicas import Replicas
from facesvc.gallery.stores.redis.toolkit.requests import WriteRequests
from facesvc.gallery.stores.redis.toolkit.schema import check_schema
from facesvc.gallery.stores.redis.toolkit.script import Argument, Script
from facesvc.gallery.stores.redis.toolkit.server_faults import failing
from facesvc.gallery.stores.redis.toolkit.stored_samples import read_samples
from facesvc.gallery.stores.redis.toolkit.sweep import sweep
from facesvc.gallery.stores.redis.toolkit.url import RedisTarget
from facesvc.gallery.stores.redis.toolkit.writer import Writer

SHARD_KEY = f"{keys.PREFIX}:{{@shard}}"
TRANSFERS_KEY = f"{SHARD_KEY}:transfers"
CONNECT_S = 0.1  # one connection of a writer
READ_TIMEOUTS = Timeouts(connect_s=0.5, answer_s=2.0)  # 5M faces are read in about 1 s
WAIT_SHARE = 0.75  # of a write's time: for the acknowledgements of Redis's replicas


@dataclass(frozen=True)
class Count:
    """What one shard has of a collection."""

    users: int
    samples: int


@dataclass(frozen=True)
class Page:
    """The next of one shard's users in order, and how many users it has; ``known`` is False when
    it has no such collection.
    """

    known: bool
    total: int
    user_ids: list[str]


class Shard:
    """Thread-safe. ``number`` counts from 1."""

    def __init__(
        self, target: RedisTarget, number: int, recognizer: str, events: Retention | None
    ) -> None:
        self.number = number
        self._events = EventCodec(events)
        self._label = f"Redis server {number} ({target.label})"
        self._codec = HalfPrecisionCodec()
        self._recognizer = recognizer
        self._target = target
        self.reads = self._reads = connect(target, READ_TIMEOUTS)
        self._writes = connect(target, Timeouts(CONNECT_S, target.write_timeout_s))
        self._layout = ""
        self.requests = self._requests_for("")
        self.replicas = Replicas(target.wait_replicas, WAIT_SHARE * target.write_timeout_s)
        self.writer = Writer(self._writes, self.replicas.count, self.replicas.wait_s)
        self.registry = Registry(self._writes, recognizer)

    def held_layout(self) -> str:
        """Return the layout that the server was given, "" before the first start. Raises
        RedisError.
        """
        found: Any = self._client().hget(SHARD_KEY, "layout")
        return bytes(found or b"").decode()

    def open(self, layout: str) -> list[str]:
        """Take the layout, make the index, wait until it is built; return warnings. Raises
        RedisError; GalleryOpenError when the server belongs to another gallery.
        """
        client = self._client()
        check_schema(client)
        adopted = scripts.ADOPT.run(client, {"shard": SHARD_KEY}, {"layout": layout})
        if bytes(adopted).decode() != layout:
            raise GalleryOpenError(
                f"{self._label} belongs to another gallery, or the servers are listed in another"
                " order.",
            )
        self._layout = layout
        self.requests = self._requests_for(layout)
        prepare_index(client, self._label)
        self.writer.prepare((*scripts.WRITES.all(), *scripts.STEPS))
        return durability_warnings(client, self._target.wait_replicas)

    def search(self, name: str, probe: NDArray[np.float32], query: SearchQuery) -> Found:
        """Return this shard's part of a query's answer for one of its probes; ``name`` is the
        collection's real one. Raises RedisError, StoreUnavailableError, ForeignCollectionError.
        """

        def ask(args: Mapping[str, Argument]) -> list[Any]:
            return self._read(scripts.SEARCH, name, args)

        return nearest(ask, self._codec, name, probe, query)

    def users(self, collection: str, user_ids: Sequence[str]) -> list[User]:
        """Return those of the users that exist. Raises as search does."""
        rows = self._read(scripts.USERS, collection, {}, user_ids)
        return [
            self._user(collection, user_id, row)
            for user_id, row in zip(user_ids, rows, strict=True)
            if row[4] is not None
        ]

    def page(self, collection: str, after: str, count: int) -> Page:
        """Return the next users after one, "" for the first. Raises as search does."""
        args: dict[str, Argument] = {"after": after, "count": count}
        total, *found = self._read(scripts.PAGE, collection, args)
        return Page(int(total) >= 0, max(0, int(total)), [user_id.decode() for user_id in found])

    def matching(
        self, collection: str, where: MetadataFilter, after: str, count: int
    ) -> tuple[bool, str, list[str]]:
        """Look at the next users after one, "" for the first. Return whether the collection is
        known, the last one that was looked at, "" at the end, and those whom the filter chooses.
        Raises as search does.
        """
        args: dict[str, Argument] = {"after": after, "count": count, "where": where.as_json()}
        known, last, *found = self._read(scripts.MATCHING, collection, args)
        return bool(known), last.decode(), [user_id.decode() for user_id in found]

    def samples(self, collection: str, user_ids: Sequence[str]) -> list[Sample]:
        """Return the users' samples, grouped, the oldest first. Raises as search does."""
        rows = self._read(scripts.SAMPLES, collection, {}, user_ids)
        return [
            sample
            for user_id, row in zip(user_ids, rows, strict=True)
            for sample in read_samples(self._codec, self._recognizer, collection, user_id, row)
        ]

    def survey(self) -> tuple[Survey, dict[str, Count]]:
        """Return the collections, and what each served one has. Raises RedisError,
        ServerDataLostError.
        """
        survey = self.registry.survey()
        if self._layout and self.held_layout() != self._layout:
            raise ServerDataLostError(self.number)
        client, counts = self._client(), {}
        for name, meta in survey.served(self._recognizer).items():
            users = client.zcard(f"{keys.base(name)}order:{meta.generation}")
            samples = client.hget(keys.meta(name), "samples")
            counts[name] = Count(int(users), int(samples or 0))
        return survey, counts

    def kept_settings(self, collection: str, call: Call) -> KeptSettings:
        """Return the collection's settings, where this server keeps them. Raises
        StoreUnavailableError.
        """
        call.check()
        with failing(StoreTask.READ):
            return settings.kept_settings(self._client(), collection)

    def put_settings(self, collection: str, kept: KeptSettings, call: Call) -> bool:
        """Keep settings whose version is the next one. Raises StoreUnavailableError,
        ForeignCollectionError.
        """
        call.check()
        with failing(StoreTask.WRITE):
            stored = settings.put_settings(
                self._client(), collection, self._recognizer, kept, counts_here=False
            )
            if stored:
                self.registry.register(collection)
            return stored

    def mark_seen(self, collection: str, seen: Mapping[str, datetime]) -> None:
        """Keep when users of this server were seen. Raises RedisError."""
        marks.mark_seen(self._client(), self.replicas, collection, seen)

    def last_seen(self, collection: str, user_ids: Sequence[str]) -> dict[str, datetime]:
        """Return the marks that users of this server have. Raises RedisError."""
        return marks.last_seen(self._client(), collection, user_ids)

    def take_lease(self, task: str, holder: str, seconds: float) -> bool:
        """See GalleryRetention, where this server keeps the tasks. Raises RedisError."""
        lease = keys.lease(task, self._recognizer)
        return marks.take_lease(self._client(), lease, holder, seconds)

    def transfers(self) -> list[Transfer]:
        """Return what is noted of samples that are to go to another server. Raises RedisError."""
        noted: Any = self._client().hgetall(TRANSFERS_KEY)
        return [Transfer.read(key.decode(), text.decode()) for key, text in noted.items()]

    def forget(self, transfer: Transfer) -> None:
        """Let what is kept of a transfer that ended expire. Raises RedisError."""
        self._client().expire(transfer.done_key, REQUEST_ID_LIFE_S)

    def sweep(self, collection: str) -> None:
        """Remove what deleted generations of a collection left behind. Raises RedisError."""
        sweep(self._client(), collection)

    def rewrite_files(self, call: Call) -> list[str]:
        """Sweep every collection and have the server and its replicas write their files anew;
        return what was rewritten. Raises RedisError.
        """
        client = self._client()
        for collection in self.survey()[0].metas:
            self.sweep(collection)
            client.delete(keys.log(collection))  # which releases before kept here
        return ["redis memory", *rewrite_everywhere(self._reads, call)]

    def close(self) -> None:
        """Close every connection."""
        self._reads.close()
        self._writes.close()

    def _client(self) -> redis.Redis:
        return self._reads.primary(SHARD_KEY)

    def _requests_for(self, layout: str) -> WriteRequests:
        return WriteRequests(
            scripts.WRITES,
            self._recognizer,
            self._codec,
            {"shard": SHARD_KEY, "transfers": TRANSFERS_KEY},
            {"layout": layout},
            self.number,
            self._events,
        )

    def _read(
        self,
        script: Script,
        collection: str,
        args: Mapping[str, Argument],
        rest: Sequence[Argument] = (),
    ) -> list[Any]:
        answer: list[Any]
        status, *answer = script.run(
            self._client(),
            {"meta": keys.meta(collection), "shard": SHARD_KEY},
            {
                "layout": self._layout,
                "base": keys.base(collection),
                "model": self._recognizer,
                **args,
            },
            rest,
        )
        match status:
            case b"OK":
                return answer
            case b"MODEL":
                raise ForeignCollectionError(collection, answer[0].decode(), self._recognizer)
            case b"INDEXING":
                raise StoreFailedError(StoreTask.READ, StoreFault.INDEXING, server=self.number)
            case _:
                raise ServerDataLostError(self.number)

    def _user(self, collection: str, user_id: str, row: list[bytes]) -> User:
        name, metadata, created, updated, version, ids = row
        return User(
            user_id=user_id,
            name=self._codec.unpack_name(collection, user_id, name or b""),
            metadata=self._codec.unpack_metadata(collection, user_id, metadata or b""),
            samples=len(ids.split()),
            created_at=from_microseconds(int(created)),
            updated_at=from_microseconds(int(updated)),
            version=int(version),
        )
