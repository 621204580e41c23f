"""The gallery that several replicas share, in Redis or Valkey."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

import structlog

from facesvc.application.call import Call
from facesvc.domain.errors import CallEndedError, FaceError, StoreUnavailableError
from facesvc.domain.events import Retention
from facesvc.domain.gallery import (
    Deletion,
    Enrolment,
    ErasureReceipt,
    Sample,
    WriteReceipt,
)
from facesvc.domain.gallery_edits import GalleryEdit
from facesvc.domain.gallery_errors import GalleryClosedError, StoreTask
from facesvc.gallery.stores.port import ChangeSink, StoreState, receipt_of
from facesvc.gallery.stores.redis import scripts
from facesvc.gallery.stores.redis.codec import Codec
from facesvc.gallery.stores.redis.collection_notes import CollectionNotes
from facesvc.gallery.stores.redis.edit_writes import EditWrites
from facesvc.gallery.stores.redis.erasure import erase_deleted
from facesvc.gallery.stores.redis.follower import Follower
from facesvc.gallery.stores.redis.local_copy import LocalCopy, position_number
from facesvc.gallery.stores.redis.log_feed import BlockingFeed, LogFeed, PollingFeed
from facesvc.gallery.stores.redis.rotation import Rotation
from facesvc.gallery.stores.redis.submission import OWN_COPY_S, Submission
from facesvc.gallery.stores.redis.toolkit import keys
from facesvc.gallery.stores.redis.toolkit.connection import Timeouts, connect
from facesvc.gallery.stores.redis.toolkit.durability import durability_warnings
from facesvc.gallery.stores.redis.toolkit.event_codec import EventCodec
from facesvc.gallery.stores.redis.toolkit.event_log import RedisEventLog
from facesvc.gallery.stores.redis.toolkit.event_parts import Parts
from facesvc.gallery.stores.redis.toolkit.registry import Registry
from facesvc.gallery.stores.redis.toolkit.replicas import Replicas
from facesvc.gallery.stores.redis.toolkit.requests import Write, WriteRequests
from facesvc.gallery.stores.redis.toolkit.schema import check_schema
from facesvc.gallery.stores.redis.toolkit.server_faults import failing
from facesvc.gallery.stores.redis.toolkit.stored_samples import read_samples
from facesvc.gallery.stores.redis.toolkit.sweep import generation_of, sweep, swept_samples
from facesvc.gallery.stores.redis.toolkit.url import Topology, parse_redis_url
from facesvc.gallery.stores.redis.toolkit.writer import Writer
from facesvc.gallery.stores.sealing import KeyRing
from facesvc.gallery.version_gate import VersionGate

CONNECT_S = 0.1  # one connection of a writer
WAIT_SHARE = 0.75  # of a write's time: for the acknowledgements of Redis's replicas
READ_TIMEOUTS = Timeouts(connect_s=0.5, answer_s=1.0)  # a paused server is noticed this soon
WAIT_FOR_VERSION_S = 5.0  # for a call without a deadline
BLOCK_S = 0.25  # an XREAD waits this long, well below the timeout of its answer
LOG_LENGTH = 100_000  # writes a replica may be behind before it loads afresh; about 10 MB

_log = structlog.get_logger(__name__)


class RedisStore(CollectionNotes):
    """GalleryStore over a Redis URL (see url.py). Connects in ``open``.

    ``ring`` seals the records; None leaves them plain. ``allow_foreign`` opens a gallery even
    when every collection in it is another recognizer's. ``log_length`` bounds each
    collection's log, ``events`` the events of each; with None the writes tell none. Raises
    RedisUrlError for a URL that cannot be used.
    """

    name = "redis"

    def __init__(
        self,
        url: str,
        recognizer: str,
        *,
        ring: KeyRing | None = None,
        allow_foreign: bool = False,
        log_length: int = LOG_LENGTH,
        events: Retention | None = None,
    ) -> None:
        self.recognizer = recognizer
        self.warnings: list[str] = []
        target = parse_redis_url(url)
        self._target = target
        self._codec = Codec(ring or KeyRing())
        self._allow_foreign = allow_foreign
        self._writes = connect(target, Timeouts(CONNECT_S, target.write_timeout_s))
        self._reads = connect(target, READ_TIMEOUTS)
        self._replicas = Replicas(target.wait_replicas, WAIT_SHARE * target.write_timeout_s)
        self._writer = Writer(self._writes, self._replicas.count, self._replicas.wait_s)
        self._registry = Registry(self._writes, recognizer)
        event_codec = EventCodec(events, self._codec.ring)
        self._requests = WriteRequests(
            scripts.WRITES,
            recognizer,
            self._codec,
            own_args={"log_length": log_length},
            events=event_codec,
        )
        parts = Parts([self._reads])
        self.events = RedisEventLog(parts, event_codec, self._replicas) if events else None
        self._edits = EditWrites(self._requests, self._codec, self._reads)
        self._gate = VersionGate()
        self._feed: LogFeed = (
            PollingFeed(self._reads)
            if target.topology is Topology.CLUSTER
            else BlockingFeed(self._reads, BLOCK_S)
        )
        self._submission = Submission(
            self._writer,
            self._registry,
            self._feed,
            self._gate,
            self.events,
            lambda: self.state().state == "ok",
        )
        self._follower: Follower | None = None
        self._rotation: Rotation | None = None

    def open(self, sink: ChangeSink) -> None:
        """Load everything and follow from then on. Raises ModelMismatchError,
        StoreUnavailableError when Redis is away: an empty gallery would answer "nobody".
        """
        copy = LocalCopy(self._reads, self.recognizer, self._codec, sink, self._gate.advance)
        with failing(StoreTask.LOAD):
            check_schema(self._reads.primary(keys.SCHEMA))
            copy.load(refuse_foreign=not self._allow_foreign)
            self._writer.prepare(scripts.WRITES.all())
            for client in self._reads.primaries():
                self.warnings += durability_warnings(client, self._target.wait_replicas)
        for warning in self.warnings:
            _log.warning("redis_durability", detail=warning, redis=self._target.label)
        self._follower = Follower(self._reads, copy, self._feed)
        self._follower.start()
        if self.events:
            self.events.start()
        if copy.stale_records:
            self._rotation = Rotation(self._reads, self._registry, self._codec, self.recognizer)
            self._rotation.start()

    def enroll(self, enrolment: Enrolment, call: Call) -> WriteReceipt:
        """Store one face; see GalleryStore."""
        return receipt_of(self.enroll_many([enrolment], call)[0])

    def enroll_many(
        self, enrolments: Sequence[Enrolment], call: Call
    ) -> list[WriteReceipt | FaceError]:
        """Store many faces in few round trips; see GalleryStore."""
        call.check()
        writes = [self._requests.enroll(enrolment) for enrolment in enrolments]
        return self._submit(writes, call)

    def delete(
        self,
        collection: str,
        user_id: str,
        call: Call,
        *,
        request_id: str = "",
        expected_version: int | None = None,
    ) -> WriteReceipt:
        """Remove a user; see GalleryStore."""
        deletion = Deletion(collection, user_id, request_id, expected_version)
        return receipt_of(self.delete_many([deletion], call)[0])

    def delete_many(
        self, deletions: Sequence[Deletion], call: Call
    ) -> list[WriteReceipt | FaceError]:
        """Remove many users in few round trips; see GalleryStore."""
        call.check()
        writes = [
            self._requests.delete(one.collection, one.user_id, one.request_id, one.expected_version)
            for one in deletions
        ]
        return self._submit(writes, call)

    def edit(self, edit: GalleryEdit, call: Call) -> WriteReceipt:
        """Change users in one script; see GalleryStore."""
        call.check()
        self._check_open()
        return self._edits.make(edit, lambda write: self._submit([write], call)[0], call)

    def delete_collection(self, collection: str, call: Call) -> WriteReceipt:
        """Remove a collection in one step, then sweep up its records; see GalleryStore."""
        call.check()
        self._check_open()
        with failing(StoreTask.WRITE):
            client = self._reads.primary(keys.base(collection))
            generation = generation_of(client, collection)
        receipt = receipt_of(self._writer.submit([self._requests.drop(collection)])[0])
        with failing(StoreTask.SWEEP):
            sweep(client, collection)
            removed = swept_samples(client, collection, generation)
            position = self._registry.register(collection)
        with suppress(StoreUnavailableError, CallEndedError):  # deleted all the same
            self._gate.wait(keys.REGISTRY_LOG, position_number(position), call, OWN_COPY_S)
        return replace(receipt, removed=removed)

    def samples(self, collection: str, user_ids: Sequence[str], call: Call) -> list[Sample]:
        """Read samples from Redis itself; see GalleryStore."""
        call.check()
        base = keys.base(collection)
        with failing(StoreTask.READ):
            rows = scripts.SAMPLES.run(
                self._reads.primary(base), {"meta": keys.meta(collection)}, {"base": base}, user_ids
            )
        return [
            sample
            for user_id, row in zip(user_ids, rows, strict=True)
            for sample in read_samples(self._codec, self.recognizer, collection, user_id, row)
        ]

    def set_alias(self, alias: str, collection: str, call: Call) -> None:
        """Store or forget an alias and wait until the sink knows; see GalleryStore."""
        call.check()
        self._check_open()
        with failing(StoreTask.WRITE):
            position = self._registry.set_alias(alias, collection)
        self.wait_for(keys.REGISTRY_LOG, position_number(position), call)

    def purge(self, call: Call) -> ErasureReceipt:
        """Sweep, trim the logs and have Redis rewrite its files; see GalleryStore."""
        started = datetime.now(UTC)
        with failing(StoreTask.PURGE):
            if self.events:
                self.events.erase(call)
            places = erase_deleted(self._reads, self._registry.survey().metas, call)
        return ErasureReceipt(started, datetime.now(UTC), places)

    def wait_for(self, collection: str, version: int, call: Call) -> None:
        """Return once this replica has followed that far; see GalleryStore."""
        self._feed.wake()
        self._gate.wait(collection, version, call, WAIT_FOR_VERSION_S)

    def state(self) -> StoreState:
        """Return how the connection to Redis is."""
        if self._follower is None:
            return StoreState("degraded", 0.0, "closed")
        state = self._follower.state()
        if self.rotating and not state.detail:
            return replace(state, detail="Records are being sealed with the current key.")
        return state

    @property
    def rotating(self) -> bool:
        """True until every record has the ring's current key; it begins by itself at a start."""
        return any(
            one.pending for one in (self._rotation, self.events and self.events.upkeep) if one
        )

    def close(self) -> None:
        """Stop following and close every connection."""
        if self._rotation:
            self._rotation.close()
        if self._follower:
            self._follower.close()
            self._follower = None
            if self.events:
                self.events.close()
        self._writes.close()
        self._reads.close()

    def _submit(self, writes: list[Write], call: Call) -> list[WriteReceipt | FaceError]:
        self._check_open()
        return self._submission.send(writes, call)

    def _check_open(self) -> None:
        if self._follower is None:  # a client would connect anew, and the copy not follow
            raise GalleryClosedError
