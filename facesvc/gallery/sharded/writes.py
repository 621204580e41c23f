"""Writes: each to the server that has the user, a collection's to all."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from redis.exceptions import RedisError

from facesvc.application.call import Call
from facesvc.domain.embedding import check_embedding
from facesvc.domain.errors import FaceError, StoreUnavailableError, UserNotFoundError
from facesvc.domain.gallery import Deletion, Enrolment, ErasureReceipt, WriteReceipt
from facesvc.domain.gallery_edits import GalleryEdit, SampleMove, UserMerge, users_of
from facesvc.domain.gallery_errors import (
    CollectionHasAliasesError,
    ForeignCollectionError,
    StoreTask,
    WriteUncertainError,
)
from facesvc.gallery.sharded.rooms import Rooms
from facesvc.gallery.sharded.server_monitor import ServerMonitor
from facesvc.gallery.sharded.shard import Shard
from facesvc.gallery.sharded.shard_set import ShardSet
from facesvc.gallery.sharded.transfers import Transfers
from facesvc.gallery.sharded.users import not_found
from facesvc.gallery.stores.port import receipt_of
from facesvc.gallery.stores.redis.toolkit.server_faults import failing, fault_of

Outcome = WriteReceipt | FaceError


class ShardedWrites:
    """The part of the gallery that changes it."""

    def __init__(self, shards: ShardSet, monitor: ServerMonitor, transfers: Transfers) -> None:
        self._shards = shards
        self._monitor = monitor
        self._transfers = transfers

    def enroll_many(self, enrolments: Sequence[Enrolment], call: Call) -> list[Outcome]:
        """See GalleryWriter; each server gets its share at the same time. Raises
        InvalidEmbeddingError before anything is stored.
        """
        call.check()
        results: dict[int, Outcome] = {}
        rooms = Rooms(self._shards, self._monitor)
        shares: dict[Shard, dict[int, Enrolment]] = {}
        for index, enrolment in enumerate(enrolments):
            embedding = check_embedding(enrolment.embedding)
            try:
                name = self._monitor.resolve(enrolment.collection)
            except ForeignCollectionError as error:
                results[index] = error
                continue
            ready = replace(enrolment, collection=name, embedding=embedding)
            try:
                rooms.check(name, ready.user_id)
            except FaceError as error:
                results[index] = error
                continue
            shares.setdefault(self._shards.home(name, enrolment.user_id), {})[index] = ready

        def store(shard: Shard) -> list[Outcome]:
            return self._store(shard, list(shares[shard].values()))

        for shard, outcomes in zip(shares, self._shards.scatter(store, call, shares), strict=True):
            results.update(zip(shares[shard], outcomes, strict=True))
        return [results[index] for index in range(len(enrolments))]

    def delete(
        self,
        collection: str,
        user_id: str,
        call: Call,
        request_id: str,
        expected_version: int | None,
    ) -> WriteReceipt:
        """See GalleryWriter."""
        call.check()
        self._shards.check_open()
        name = self._monitor.resolve(collection)
        shard = self._shards.home(name, user_id)
        write = shard.requests.delete(name, user_id, request_id, expected_version)
        try:
            return receipt_of(self._transfers.submit(shard, [write])[0])
        except UserNotFoundError:
            raise not_found(self._monitor, collection, user_id) from None

    def delete_many(self, deletions: Sequence[Deletion], call: Call) -> list[Outcome]:
        """See GalleryWriter; each server removes its share at the same time."""
        call.check()
        results: dict[int, Outcome] = {}
        shares: dict[Shard, dict[int, Deletion]] = {}
        for index, wanted in enumerate(deletions):
            name = self._monitor.resolve(wanted.collection)
            ready = replace(wanted, collection=name)
            shares.setdefault(self._shards.home(name, wanted.user_id), {})[index] = ready

        def remove(shard: Shard) -> list[Outcome]:
            return self._transfers.submit(
                shard,
                [
                    shard.requests.delete(
                        one.collection, one.user_id, one.request_id, one.expected_version
                    )
                    for one in shares[shard].values()
                ],
            )

        for shard, outcomes in zip(shares, self._shards.scatter(remove, call, shares), strict=True):
            results.update(zip(shares[shard], outcomes, strict=True))
        return [results[index] for index in range(len(deletions))]

    def edit(self, edit: GalleryEdit, call: Call) -> WriteReceipt:
        """See GalleryWriter; samples that go to another server are there twice for a moment."""
        call.check()
        self._shards.check_open()
        name = self._monitor.resolve(edit.collection)
        ready = replace(edit, collection=name)
        if isinstance(ready, SampleMove) and ready.create_target:
            Rooms(self._shards, self._monitor).check(name, ready.target_user_id)
        homes = {self._shards.home(name, user_id) for user_id in users_of(ready)}
        try:
            if isinstance(ready, UserMerge | SampleMove) and len(homes) > 1:
                return self._transfers.make(ready, call)
            (shard,) = homes
            write = shard.requests.edit(ready)
            return receipt_of(self._transfers.submit(shard, [write])[0])
        except UserNotFoundError as error:
            user_id = error.metadata["user_id"]
            raise not_found(self._monitor, edit.collection, user_id) from None

    def delete_collection(self, collection: str, call: Call) -> WriteReceipt:
        """See GalleryAdmin; the records are swept up before it returns."""
        call.check()
        aliases = self._monitor.aliases_of(collection)
        if aliases:
            raise CollectionHasAliasesError(aliases)

        event_id = uuid.uuid4().hex  # one deletion, told by each server

        def drop(shard: Shard) -> Outcome:
            outcome = shard.writer.submit([shard.requests.drop(collection, event_id)])[0]
            shard.sweep(collection)
            return outcome

        outcomes = self._shards.scatter(drop, call)
        receipts = [one for one in outcomes if isinstance(one, WriteReceipt)]
        failed = [one for one in outcomes if isinstance(one, StoreUnavailableError)]
        if failed or not receipts:
            raise next(one for one in failed or outcomes if isinstance(one, FaceError))
        with failing(StoreTask.SWEEP):
            self._monitor.refresh()
        return WriteReceipt(
            version=max(one.version for one in receipts),
            removed=sum(one.removed for one in receipts),
        )

    def purge(self, call: Call) -> ErasureReceipt:
        """See GalleryAdmin."""
        started = datetime.now(UTC)

        def purge(shard: Shard) -> list[str]:
            return [f"{place} of server {shard.number}" for place in shard.rewrite_files(call)]

        places = self._shards.scatter(purge, call)
        every = tuple(place for part in places for place in part)
        return ErasureReceipt(started, datetime.now(UTC), every)

    def _store(self, shard: Shard, enrolments: list[Enrolment]) -> list[Outcome]:
        try:
            for collection in {one.collection for one in enrolments}:
                if self._monitor.is_first_write(shard, collection):
                    shard.registry.register(collection)
        except (RedisError, OSError) as error:
            fault = fault_of(error)
            return [WriteUncertainError(fault, server=shard.number) for _ in enrolments]
        writes = [shard.requests.enroll(one) for one in enrolments]
        return self._transfers.submit(shard, writes)
