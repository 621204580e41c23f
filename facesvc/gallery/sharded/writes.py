"""Writes: each to the server that has the user, a collection's to all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from redis.exceptions import RedisError

from facesvc.application.call import Call
from facesvc.domain.embedding import check_embedding
from facesvc.domain.errors import (
    FaceError,
    StoreUnavailableError,
)
from facesvc.domain.gallery import (
    Enrolment,
    ErasureReceipt,
    WriteReceipt,
)
from facesvc.domain.gallery_errors import (
    CollectionHasAliasesError,
    ForeignCollectionError,
    StoreTask,
    WriteUncertainError,
)
from facesvc.gallery.sharded.servers import Servers
from facesvc.gallery.sharded.shard import Shard
from facesvc.gallery.stores.redis import purge
from facesvc.gallery.stores.redis.requests import delete_write, drop_write, enroll_write
from facesvc.gallery.stores.redis.server_faults import failing, fault_of


class Writes(Servers):
    """The part of the Gallery that changes it."""

    def enroll(self, enrolment: Enrolment, call: Call) -> WriteReceipt:
        """See Gallery. Raises InvalidEmbeddingError, a fault of the service."""
        return _receipt(self.enroll_many([enrolment], call)[0])

    def enroll_many(
        self, enrolments: Sequence[Enrolment], call: Call
    ) -> list[WriteReceipt | FaceError]:
        """See Gallery; each server gets its share at the same time."""
        call.check()
        results: dict[int, WriteReceipt | FaceError] = {}
        shares: dict[int, list[int]] = {}
        ready: dict[int, Enrolment] = {}
        for index, enrolment in enumerate(enrolments):
            embedding = check_embedding(enrolment.embedding)
            try:
                name = self._watch.resolve(enrolment.collection)
            except ForeignCollectionError as error:
                results[index] = error
                continue
            ready[index] = replace(enrolment, collection=name, embedding=embedding)
            shares.setdefault(self._home(name, enrolment.user_id).number, []).append(index)

        def store(shard: Shard) -> list[WriteReceipt | FaceError]:
            mine = [ready[index] for index in shares[shard.number]]
            try:
                for collection in {one.collection for one in mine}:
                    if self._watch.note(shard, collection):
                        shard.registry.register(collection)
            except (RedisError, OSError) as error:
                fault = fault_of(error)
                return [WriteUncertainError(fault, server=shard.number + 1) for _ in mine]
            writes = [enroll_write(shard.head, shard.codec, one) for one in mine]
            return shard.writer.submit(writes)

        homes = [self._shards[number] for number in shares]
        for shard, outcomes in zip(homes, self._scatter(store, homes, call), strict=True):
            results.update(zip(shares[shard.number], outcomes, strict=True))
        return [results[index] for index in range(len(enrolments))]

    def delete(
        self,
        collection: str,
        user_id: str,
        call: Call,
        *,
        request_id: str = "",
        expected_version: int | None = None,
    ) -> WriteReceipt:
        """See Gallery."""
        call.check()
        self._check_open()
        name = self._watch.resolve(collection)
        shard = self._home(name, user_id)
        write = delete_write(shard.head, name, user_id, request_id, expected_version)
        return _receipt(shard.writer.submit([write])[0])

    def delete_collection(self, collection: str, call: Call) -> WriteReceipt:
        """See Gallery; the records are swept up before it returns."""
        call.check()
        aliases = sorted(a for a, to in self._watch.aliases.items() if to == collection)
        if aliases:
            raise CollectionHasAliasesError(aliases)

        def drop(shard: Shard) -> WriteReceipt | FaceError:
            outcome = shard.writer.submit([drop_write(shard.head, collection)])[0]
            removed = purge.sweep(shard.client, collection)
            return (
                replace(outcome, removed=removed) if isinstance(outcome, WriteReceipt) else outcome
            )

        outcomes = self._scatter(drop, self._shards, call)
        receipts = [one for one in outcomes if isinstance(one, WriteReceipt)]
        failed = [one for one in outcomes if isinstance(one, StoreUnavailableError)]
        if failed or not receipts:
            raise _first_error(failed or outcomes)
        with failing(StoreTask.SWEEP):
            self._watch.look()
        return WriteReceipt(
            version=max(one.version for one in receipts),
            removed=sum(one.removed for one in receipts),
        )

    def purge(self, call: Call) -> ErasureReceipt:
        """See Gallery."""
        started = datetime.now(UTC)

        def clean(shard: Shard) -> list[str]:
            for collection in shard.survey()[0].metas:
                purge.sweep(shard.client, collection)
                purge.trim_log(shard.client, collection)
            files = shard.rewrite_files(call)
            return [f"{place} of server {shard.number + 1}" for place in ["redis memory", *files]]

        places = self._scatter(clean, self._shards, call)
        every = tuple(place for part in places for place in part)
        return ErasureReceipt(started, datetime.now(UTC), every)


def _receipt(outcome: WriteReceipt | FaceError) -> WriteReceipt:
    if isinstance(outcome, FaceError):
        raise outcome
    return outcome


def _first_error(outcomes: Sequence[WriteReceipt | FaceError]) -> FaceError:
    return next(one for one in outcomes if isinstance(one, FaceError))
