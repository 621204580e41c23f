"""The Gallery over several Redis servers that search: ask all of them, merge exactly.

Nothing is kept in this process but the aliases, so every replica sees every write at once and
``min_version`` needs no waiting. Versions count the writes of a collection on the user's server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby
from typing import TypeVar

import numpy as np
import structlog
from numpy.typing import NDArray
from redis.exceptions import RedisError

from facesvc.adapters.gallery.directory import make_token, read_token
from facesvc.adapters.gallery.redis import purge
from facesvc.adapters.gallery.redis.errors import explain, unavailable
from facesvc.adapters.gallery.redis.requests import delete_write, drop_write, enroll_write
from facesvc.adapters.gallery.redis.url import RedisUrlError, Topology, parse_redis_url
from facesvc.adapters.gallery.redis_search.layout import (
    gallery_id_of,
    layout_of,
    new_gallery_id,
    shard_of,
)
from facesvc.adapters.gallery.redis_search.merge import merge
from facesvc.adapters.gallery.redis_search.shard import Shard
from facesvc.adapters.gallery.redis_search.watch import Watch
from facesvc.application.call import Call
from facesvc.domain.embedding import check_embedding, check_embeddings
from facesvc.domain.errors import (
    CollectionNotFoundError,
    FaceError,
    InvalidFieldError,
    ModelMismatchError,
    StoreUnavailableError,
    UserNotFoundError,
)
from facesvc.domain.gallery import (
    CollectionInfo,
    EnrolledUser,
    Enrolment,
    ErasureReceipt,
    GalleryStatus,
    Match,
    PartialMatches,
    User,
    UserPage,
    WriteReceipt,
)

SEARCH_THREADS_A_SHARD = 4  # a server answers one search after another; more only queue there
ANSWER_AT_MOST_S = 10.0  # for a call without a deadline
EXPORT_USERS = 64

_T = TypeVar("_T")
_log = structlog.get_logger(__name__)


class RedisSearchGallery:
    """The application's Gallery. ``urls`` name one primary each (redis://, rediss:// or
    redis+sentinel://), always in the same order. Raises RedisUrlError.
    """

    def __init__(self, urls: Sequence[str], recognizer: str) -> None:
        targets = [parse_redis_url(url) for url in urls]
        if not targets:
            raise RedisUrlError("A searching gallery needs at least one Redis URL.")
        if any(target.topology is Topology.CLUSTER for target in targets):
            raise RedisUrlError("A searching gallery shards by itself: name its primaries.")
        self.recognizer = recognizer
        self.warnings: list[str] = []
        self._shards = [Shard(target, n, recognizer) for n, target in enumerate(targets)]
        self._pool = ThreadPoolExecutor(SEARCH_THREADS_A_SHARD * len(targets), "redis-search")
        self._watch = Watch(self._shards, recognizer)

    def open(self) -> None:
        """Check that every server is the one it should be and has its index. Raises
        StoreUnavailableError, ModelMismatchError.
        """
        with unavailable("The searching gallery cannot be opened"):
            held = [shard.held_layout() for shard in self._shards]
            if any(held) and not all(held):
                empty = ", ".join(str(n) for n, layout in enumerate(held, 1) if not layout)
                raise StoreUnavailableError(
                    f"Redis servers {empty} are empty, the others are not: they lost their data, "
                    "or were added. Restore them from a backup, or import into a new gallery."
                )
            gallery_id = gallery_id_of(held[0]) or new_gallery_id()
            for shard in self._shards:
                layout = layout_of(gallery_id, shard.number, len(self._shards))
                self.warnings += shard.open(layout)
            self._watch.look()
        for warning in self.warnings:
            _log.warning("redis_durability", detail=warning)
        if self._watch.foreign and not self._watch.infos:
            name, model = next(iter(sorted(self._watch.foreign.items())))
            raise ModelMismatchError(
                f"The gallery in Redis was made by another recogniser ({model}), this service "
                f"runs {self.recognizer}. Use that model pack again, or re-enrol from photos.",
                collection=name,
                recognizer=model,
            )
        self._watch.start()

    def close(self) -> None:
        """End the threads and close every connection."""
        self._watch.close()
        self._pool.shutdown()
        for shard in self._shards:
            shard.close()

    # Writes

    def enroll(self, enrolment: Enrolment, call: Call) -> WriteReceipt:
        """See Gallery. Raises InvalidEmbeddingError, a fault of the service."""
        return _receipt(self.enroll_many([enrolment], call)[0])

    def enroll_many(
        self, enrolments: Sequence[Enrolment], call: Call
    ) -> list[WriteReceipt | FaceError]:
        """See Gallery; each server gets its share at the same time."""
        call.check()
        shares: dict[int, list[int]] = {}
        ready: list[Enrolment] = []
        for index, enrolment in enumerate(enrolments):
            name = self._watch.resolve(enrolment.collection)
            embedding = check_embedding(enrolment.embedding)
            ready.append(replace(enrolment, collection=name, embedding=embedding))
            shares.setdefault(self._home(name, enrolment.user_id).number, []).append(index)

        def store(shard: Shard) -> list[WriteReceipt | FaceError]:
            mine = [ready[index] for index in shares[shard.number]]
            try:
                for collection in {one.collection for one in mine}:
                    if self._watch.note(shard, collection):
                        shard.registry.register(collection)
            except (RedisError, OSError) as error:
                return [StoreUnavailableError(_away(shard, error)) for _ in mine]
            writes = [enroll_write(shard.head, shard.codec, one) for one in mine]
            return shard.writer.submit(writes)

        results: dict[int, WriteReceipt | FaceError] = {}
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
        name = self._watch.resolve(collection)
        shard = self._home(name, user_id)
        write = delete_write(shard.head, name, user_id, request_id, expected_version)
        return _receipt(shard.writer.submit([write])[0])

    def delete_collection(self, collection: str, call: Call) -> WriteReceipt:
        """See Gallery; the records are swept up before it returns."""
        call.check()
        if collection in self._watch.aliases.values():
            raise InvalidFieldError(
                "An alias leads to this collection. Point it to another one, or delete it, first.",
                field="collection",
            )

        def drop(shard: Shard) -> WriteReceipt | FaceError:
            outcome = shard.writer.submit([drop_write(shard.head, collection)])[0]
            purge.sweep(shard.client, collection)
            return outcome

        outcomes = self._scatter(drop, self._shards, call)
        receipts = [one for one in outcomes if isinstance(one, WriteReceipt)]
        failed = [one for one in outcomes if isinstance(one, StoreUnavailableError)]
        if failed or not receipts:
            raise _first_error(failed or outcomes)
        with unavailable("The collection is deleted"):
            self._watch.look()
        return WriteReceipt(version=max(one.version for one in receipts))

    def set_alias(self, alias: str, collection: str, call: Call) -> None:
        """See Gallery; other replicas follow within the second."""
        call.check()
        target = self._watch.resolve(collection)
        if not self._exists(target):
            raise _no_collection(collection)
        if alias in self._watch.infos:
            raise InvalidFieldError(
                "The alias is the name of a collection.", field="alias", alias=alias
            )
        self._store_alias(alias, target)

    def delete_alias(self, alias: str, call: Call) -> None:
        """See Gallery."""
        call.check()
        if alias not in self._watch.aliases:
            raise _no_collection(alias)
        self._store_alias(alias, "")

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

    # Reads

    def get(self, collection: str, user_id: str, call: Call, *, min_version: int = 0) -> User:  # noqa: ARG002 - every write is visible at once
        """See Gallery."""
        call.check()
        name = self._watch.resolve(collection)
        with unavailable("The user cannot be read"):
            found = self._home(name, user_id).users(name, [user_id])
        if not found:
            raise _no_user()
        return found[0]

    def list_users(
        self,
        collection: str,
        page_size: int,
        page_token: str,
        call: Call,
        *,
        min_version: int = 0,  # noqa: ARG002 - every write is visible at once
    ) -> UserPage:
        """See Gallery."""
        name, after = self._watch.resolve(collection), read_token(page_token)
        pages = self._scatter(lambda one: one.page(name, after, page_size + 1), self._shards, call)
        ids = sorted(user_id for page in pages for user_id in page.user_ids)
        users = self._users(name, ids[:page_size], call)
        token = make_token(ids[page_size - 1]) if len(ids) > page_size else ""
        return UserPage(users, sum(page.total for page in pages), token)

    def search(
        self,
        collection: str,
        probe: NDArray[np.float32],
        top_k: int,
        threshold: float,
        call: Call,
        *,
        min_version: int = 0,  # noqa: ARG002 - every write is visible at once
    ) -> list[Match]:
        """See Gallery. Raises StoreUnavailableError when a server does not answer."""
        name, checked = self._watch.resolve(collection), check_embedding(probe)
        answers = self._scatter(
            lambda shard: shard.search(name, checked, top_k, threshold), self._shards, call
        )
        return merge(answers, top_k, threshold)

    def search_available(
        self,
        collection: str,
        probe: NDArray[np.float32],
        top_k: int,
        threshold: float,
        call: Call,
        *,
        min_version: int = 0,  # noqa: ARG002 - every write is visible at once
    ) -> PartialMatches:
        """Search like ``search``, but answer for the servers that can, and say which cannot.
        For callers that asked for it: a face on a missing server is not found.
        """
        name, checked = self._watch.resolve(collection), check_embedding(probe)
        asked = self._ask(lambda shard: shard.search(name, checked, top_k, threshold), self._shards)
        answers, missing = [], []
        for shard, future in zip(self._shards, asked, strict=True):
            try:
                answers.append(_answer(shard, future, call))
            except StoreUnavailableError:
                missing.append(shard.number + 1)
        if not answers:
            raise StoreUnavailableError("No Redis server of the gallery answers.")
        return PartialMatches(merge(answers, top_k, threshold), tuple(missing))

    def search_many(
        self,
        collection: str,
        probes: NDArray[np.float32],
        top_k: int,
        threshold: float,
        call: Call,
        *,
        min_version: int = 0,  # noqa: ARG002 - every write is visible at once
    ) -> list[list[Match]]:
        """See Gallery."""
        name, checked = self._watch.resolve(collection), check_embeddings(probes)

        def search(shard: Shard) -> list[list[Match]]:
            return [shard.search(name, probe, top_k, threshold) for probe in checked]

        answers = self._scatter(search, self._shards, call)
        return [merge(of_probe, top_k, threshold) for of_probe in zip(*answers, strict=True)]

    def similarity(
        self,
        collection: str,
        user_id: str,
        probe: NDArray[np.float32],
        call: Call,
        *,
        min_version: int = 0,
    ) -> float:
        """See Gallery."""
        checked = check_embedding(probe)
        self.get(collection, user_id, call, min_version=min_version)
        name = self._watch.resolve(collection)
        with unavailable("The samples cannot be read"):
            samples = self._home(name, user_id).samples(name, [user_id])
        if not samples:
            raise _no_user()
        best = max(float(sample.embedding @ checked) for sample in samples)
        return min(1.0, max(-1.0, best))

    def list_collections(self) -> list[CollectionInfo]:
        """See Gallery; as of the last look where a server is away."""
        with suppress(RedisError, OSError, StoreUnavailableError):
            self._watch.look()
        return self._watch.collections()

    def export_users(
        self, collection: str, call: Call, *, after_user_id: str = ""
    ) -> Iterator[EnrolledUser]:
        """See Gallery. The embeddings have half precision."""
        name, after = self._watch.resolve(collection), after_user_id
        if not self._exists(name):
            raise _no_collection(collection)
        while True:
            call.check()
            at = after
            pages = self._scatter(
                lambda one, at=at: one.page(name, at, EXPORT_USERS),  # type: ignore[misc] # mypy knows no default of a lambda
                self._shards,
                call,
            )
            ids = sorted(user_id for page in pages for user_id in page.user_ids)[:EXPORT_USERS]
            if not ids:
                return
            yield from self._enrolled(name, ids, call)
            after = ids[-1]

    def status(self) -> GalleryStatus:
        """See Gallery; counts as of the last look."""
        return self._watch.status()

    def _exists(self, collection: str) -> bool:
        if collection not in self._watch.infos:
            with unavailable("The collections cannot be read"):
                self._watch.look()
        return collection in self._watch.infos

    def _home(self, collection: str, user_id: str) -> Shard:
        return self._shards[shard_of(collection, user_id, len(self._shards))]

    def _store_alias(self, alias: str, collection: str) -> None:
        with unavailable("The alias cannot be stored"):
            self._shards[0].registry.set_alias(alias, collection)
            self._watch.look()

    def _users(self, collection: str, user_ids: list[str], call: Call) -> list[User]:
        mine: dict[int, list[str]] = {}
        for user_id in user_ids:
            mine.setdefault(self._home(collection, user_id).number, []).append(user_id)
        homes = [self._shards[number] for number in mine]
        found = self._scatter(
            lambda shard: shard.users(collection, mine[shard.number]), homes, call
        )
        return sorted((user for part in found for user in part), key=lambda user: user.user_id)

    def _enrolled(self, collection: str, user_ids: list[str], call: Call) -> Iterator[EnrolledUser]:
        users = {user.user_id: user for user in self._users(collection, user_ids, call)}
        mine: dict[int, list[str]] = {}
        for user_id in users:
            mine.setdefault(self._home(collection, user_id).number, []).append(user_id)
        homes = [self._shards[number] for number in mine]
        parts = self._scatter(
            lambda shard: shard.samples(collection, mine[shard.number]), homes, call
        )
        samples = [sample for part in parts for sample in part]
        grouped = {
            user_id: tuple(group)
            for user_id, group in groupby(samples, key=lambda sample: sample.user_id)
        }
        for user_id in sorted(grouped):
            yield EnrolledUser(users[user_id], grouped[user_id])

    def _ask(self, work: Callable[[Shard], _T], shards: Sequence[Shard]) -> list[Future[_T]]:
        try:
            return [self._pool.submit(work, shard) for shard in shards]
        except RuntimeError as error:  # the pool's word for having been shut down
            raise StoreUnavailableError("The gallery is closed.") from error

    def _scatter(
        self, work: Callable[[Shard], _T], shards: Sequence[Shard], call: Call
    ) -> list[_T]:
        """Return every shard's answer; the first failure fails the whole."""
        call.check()
        asked = self._ask(work, shards)
        return [_answer(shard, one, call) for shard, one in zip(shards, asked, strict=True)]


def _answer(shard: Shard, future: Future[_T], call: Call) -> _T:
    try:
        return future.result(call.remaining_s(ANSWER_AT_MOST_S))
    except FutureTimeoutError:
        call.check()
        raise StoreUnavailableError(
            f"Redis server {shard.number + 1} of the gallery did not answer in time."
        ) from None
    except (RedisError, OSError) as error:
        raise StoreUnavailableError(_away(shard, error)) from error


def _away(shard: Shard, error: Exception) -> str:
    return f"Redis server {shard.number + 1} of the gallery: {explain(error)}."


def _receipt(outcome: WriteReceipt | FaceError) -> WriteReceipt:
    if isinstance(outcome, FaceError):
        raise outcome
    return outcome


def _first_error(outcomes: Sequence[WriteReceipt | FaceError]) -> FaceError:
    return next(one for one in outcomes if isinstance(one, FaceError))


def _no_collection(name: str) -> CollectionNotFoundError:
    return CollectionNotFoundError(
        f"There is no collection {name}.", field="collection", collection=name
    )


def _no_user() -> UserNotFoundError:
    return UserNotFoundError("The collection has no such user.", field="user_id")
