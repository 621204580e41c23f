"""All servers of the gallery: which one has a user, and asking several at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import TypeVar

from redis.exceptions import RedisError

from facesvc.application.call import Call
from facesvc.domain.gallery_errors import (
    GalleryClosedError,
    StoreFailedError,
    StoreFault,
    StoreTask,
)
from facesvc.gallery.sharded.server_monitor import Watch
from facesvc.gallery.sharded.shard import Shard
from facesvc.gallery.sharded.shard_layout import (
    shard_of,
)
from facesvc.gallery.stores.redis.server_faults import failing, fault_of
from facesvc.gallery.stores.redis.url import RedisUrlError, Topology, parse_redis_url

SEARCH_THREADS_A_SHARD = 4  # a server answers one search after another; more only queue there
ANSWER_AT_MOST_S = 10.0  # for a call without a deadline
_T = TypeVar("_T")


class Servers:
    """What every part of the gallery works with. Raises RedisUrlError."""

    def __init__(
        self, urls: Sequence[str], recognizer: str, *, allow_foreign: bool = False
    ) -> None:
        targets = [parse_redis_url(url) for url in urls]
        if not targets:
            raise RedisUrlError("A searching gallery needs at least one Redis URL.")
        if any(target.topology is Topology.CLUSTER for target in targets):
            raise RedisUrlError("A searching gallery shards by itself: name its primaries.")
        self.recognizer = recognizer
        self.warnings: list[str] = []
        self._allow_foreign = allow_foreign
        self._closed = False
        self._shards = [Shard(target, n, recognizer) for n, target in enumerate(targets)]
        self._pool = ThreadPoolExecutor(SEARCH_THREADS_A_SHARD * len(targets), "redis-search")
        self._watch = Watch(self._shards, recognizer)

    def _home(self, collection: str, user_id: str) -> Shard:
        return self._shards[shard_of(collection, user_id, len(self._shards))]

    def _exists(self, collection: str) -> bool:
        if collection not in self._watch.infos:
            with failing(StoreTask.READ):
                self._watch.look()
        return collection in self._watch.infos

    def _check_open(self) -> None:
        if self._closed:  # a client would connect anew
            raise GalleryClosedError

    def _ask(self, work: Callable[[Shard], _T], shards: Sequence[Shard]) -> list[Future[_T]]:
        self._check_open()
        try:
            return [self._pool.submit(work, shard) for shard in shards]
        except RuntimeError as error:  # the pool's word for having been shut down
            raise GalleryClosedError from error

    def _scatter(
        self, work: Callable[[Shard], _T], shards: Sequence[Shard], call: Call
    ) -> list[_T]:
        """Return every shard's answer; the first failure fails the whole."""
        call.check()
        asked = self._ask(work, shards)
        return [answer_of(shard, one, call) for shard, one in zip(shards, asked, strict=True)]


def answer_of(shard: Shard, future: Future[_T], call: Call) -> _T:
    """Return what a server answered, within the call. Raises StoreUnavailableError."""
    try:
        return future.result(call.remaining_s(ANSWER_AT_MOST_S))
    except FutureTimeoutError:
        call.check()
        raise StoreFailedError(StoreTask.READ, StoreFault.SLOW, server=shard.number + 1) from None
    except (RedisError, OSError) as error:
        raise StoreFailedError(StoreTask.READ, fault_of(error), server=shard.number + 1) from error
