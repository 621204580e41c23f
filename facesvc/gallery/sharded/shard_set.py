"""All servers of the gallery: which one has a user, and asking several at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import TypeVar

from redis.exceptions import RedisError

from facesvc.application.call import Call
from facesvc.domain.errors import StoreUnavailableError
from facesvc.domain.events import Retention
from facesvc.domain.gallery_errors import (
    GalleryClosedError,
    NoServerAnswersError,
    StoreFailedError,
    StoreFault,
    StoreTask,
)
from facesvc.gallery.sharded.shard import Shard
from facesvc.gallery.sharded.shard_layout import shard_of
from facesvc.gallery.stores.redis.toolkit.server_faults import fault_of
from facesvc.gallery.stores.redis.toolkit.url import RedisUrlError, Topology, parse_redis_url

SEARCH_THREADS_A_SHARD = 4  # a server answers one search after another; more only queue there
ANSWER_AT_MOST_S = 10.0  # for a call without a deadline
_T = TypeVar("_T")


class ShardSet:
    """The shards in the order of their URLs. Thread-safe. Raises RedisUrlError."""

    def __init__(
        self, urls: Sequence[str], recognizer: str, events: Retention | None = None
    ) -> None:
        targets = [parse_redis_url(url) for url in urls]
        if not targets:
            raise RedisUrlError("A searching gallery needs at least one Redis URL.")
        if any(target.topology is Topology.CLUSTER for target in targets):
            raise RedisUrlError("A searching gallery shards by itself: name its primaries.")
        self.recognizer = recognizer
        self.shards = tuple(
            Shard(target, n, recognizer, events) for n, target in enumerate(targets, 1)
        )
        self._pool = ThreadPoolExecutor(SEARCH_THREADS_A_SHARD * len(targets), "redis-search")
        self._closed = False

    def check_open(self) -> None:
        """Raise GalleryClosedError after close, when a client would connect anew."""
        if self._closed:
            raise GalleryClosedError

    def close(self) -> None:
        """End the threads and close every connection."""
        self._closed = True
        self._pool.shutdown()
        for shard in self.shards:
            shard.close()

    def home(self, collection: str, user_id: str) -> Shard:
        """Return the shard that has the user."""
        return self.shards[shard_of(collection, user_id, len(self.shards))]

    def by_home(self, collection: str, user_ids: Iterable[str]) -> dict[Shard, list[str]]:
        """Return the users by the shard that has them."""
        shares: dict[Shard, list[str]] = {}
        for user_id in user_ids:
            shares.setdefault(self.home(collection, user_id), []).append(user_id)
        return shares

    def scatter(
        self, work: Callable[[Shard], _T], call: Call, shards: Iterable[Shard] | None = None
    ) -> list[_T]:
        """Return the answer of every shard, or of these, in order; the first failure fails the
        whole. Raises StoreUnavailableError, CallEndedError and what the work raises.
        """
        call.check()
        asked = list(self.shards if shards is None else shards)
        futures = self._submit(work, asked)
        return [_answer(shard, one, call) for shard, one in zip(asked, futures, strict=True)]

    def scatter_to_available(
        self, work: Callable[[Shard], _T], call: Call
    ) -> tuple[list[_T], tuple[int, ...]]:
        """Return the answers of the shards that can give one, and the numbers of the others.

        Raises CallEndedError, and StoreUnavailableError when no shard answers.
        """
        call.check()
        answers, missing = [], []
        for shard, future in zip(self.shards, self._submit(work, self.shards), strict=True):
            try:
                answers.append(_answer(shard, future, call))
            except StoreUnavailableError:
                missing.append(shard.number)
        if not answers:
            raise NoServerAnswersError
        return answers, tuple(missing)

    def _submit(self, work: Callable[[Shard], _T], shards: Sequence[Shard]) -> list[Future[_T]]:
        self.check_open()
        try:
            return [self._pool.submit(work, shard) for shard in shards]
        except RuntimeError as error:  # the pool's word for having been shut down
            raise GalleryClosedError from error


def _answer(shard: Shard, future: Future[_T], call: Call) -> _T:
    try:
        return future.result(call.remaining_s(ANSWER_AT_MOST_S))
    except FutureTimeoutError:
        call.check()
        raise StoreFailedError(StoreTask.READ, StoreFault.SLOW, server=shard.number) from None
    except (RedisError, OSError) as error:
        raise StoreFailedError(StoreTask.READ, fault_of(error), server=shard.number) from error
