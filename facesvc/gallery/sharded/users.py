"""Users, their samples and exports, in order over all servers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from heapq import nsmallest
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from facesvc.application.call import Call
from facesvc.domain.embedding import check_embedding
from facesvc.domain.errors import CollectionNotFoundError, StoreUnavailableError, UserNotFoundError
from facesvc.domain.gallery import EnrolledUser, User, UserPage
from facesvc.domain.gallery_errors import StoreTask
from facesvc.domain.metadata_filter import MetadataFilter
from facesvc.domain.page_token import make_token, read_token
from facesvc.gallery.sharded.server_monitor import ServerMonitor
from facesvc.gallery.sharded.shard import Page, Shard
from facesvc.gallery.sharded.shard_set import ShardSet
from facesvc.gallery.stores.redis.toolkit.server_faults import failing

EXPORT_USERS = 64
LOOKED_AT_ONCE = 2_000  # users whose metadata a server compares before others get a turn: 5 ms


class ShardedUsers:
    """The part of the gallery that reads users."""

    def __init__(self, shards: ShardSet, monitor: ServerMonitor) -> None:
        self._shards = shards
        self._monitor = monitor

    def get(self, collection: str, user_id: str, call: Call) -> User:
        """Return one user. Raises UserNotFoundError."""
        call.check()
        self._shards.check_open()
        name = self._monitor.resolve(collection)
        with failing(StoreTask.READ):
            found = self._shards.home(name, user_id).users(name, [user_id])
        if not found:
            raise not_found(self._monitor, collection, user_id)
        return found[0]

    def enrolled(self, collection: str, user_id: str, call: Call) -> EnrolledUser:
        """Return one user with its samples. Raises UserNotFoundError."""
        user, name = self.get(collection, user_id, call), self._monitor.resolve(collection)
        with failing(StoreTask.READ):
            samples = self._shards.home(name, user_id).samples(name, [user_id])
        if not samples:
            raise UserNotFoundError(user_id)  # deleted meanwhile
        return EnrolledUser(replace(user, samples=len(samples)), tuple(samples))

    def page(
        self, collection: str, page_size: int, page_token: str, where: MetadataFilter, call: Call
    ) -> UserPage:
        """Return the users whom a filter chooses in user_id order. Raises PageTokenError."""
        name, after = self._monitor.resolve(collection), read_token(page_token)
        if where:
            return self._page_of_chosen(name, page_size, after, where, call)
        pages = self._pages(name, after, page_size + 1, call)
        ids = sorted(user_id for page in pages for user_id in page.user_ids)
        users = self._users(name, ids[:page_size], call)
        token = make_token(ids[page_size - 1]) if len(ids) > page_size else ""
        known = any(page.known for page in pages)
        return UserPage(users, sum(page.total for page in pages), token, known)

    def _page_of_chosen(
        self, name: str, page_size: int, after: str, where: MetadataFilter, call: Call
    ) -> UserPage:
        """Look at every user of every server, some at a time."""

        def look(shard: Shard) -> tuple[bool, list[str]]:
            known, last, chosen = shard.matching(name, where, "", LOOKED_AT_ONCE)
            while last:
                call.check()
                _, last, more = shard.matching(name, where, last, LOOKED_AT_ONCE)
                chosen += more
            return known, chosen

        answers = self._shards.scatter(look, call)
        chosen = [user_id for _, found in answers for user_id in found]
        ids = nsmallest(page_size + 1, (user_id for user_id in chosen if user_id > after))
        users = self._users(name, ids[:page_size], call)
        token = make_token(ids[page_size - 1]) if len(ids) > page_size else ""
        return UserPage(users, len(chosen), token, any(known for known, _ in answers))

    def similarity(
        self, collection: str, user_id: str, probe: NDArray[np.float32], call: Call
    ) -> float:
        """Return the cosine to the user's best sample. Raises UserNotFoundError."""
        checked = check_embedding(probe)
        call.check()
        self._shards.check_open()
        name = self._monitor.resolve(collection)
        with failing(StoreTask.READ):
            samples = self._shards.home(name, user_id).samples(name, [user_id])
        if not samples:
            raise not_found(self._monitor, collection, user_id)
        best = max(float(sample.embedding @ checked) for sample in samples)
        return min(1.0, max(-1.0, best))

    def export(self, collection: str, call: Call, after_user_id: str) -> Iterator[EnrolledUser]:
        """Yield users with their samples, whose embeddings have half precision. Raises
        CollectionNotFoundError.
        """
        name, after = self._monitor.resolve(collection), after_user_id
        if not self._monitor.knows(name):
            raise CollectionNotFoundError(collection)
        while True:
            call.check()
            pages = self._pages(name, after, EXPORT_USERS, call)
            ids = sorted(user_id for page in pages for user_id in page.user_ids)[:EXPORT_USERS]
            if not ids:
                return
            yield from self._enrolled(name, ids, call)
            after = ids[-1]

    def _pages(self, collection: str, after: str, count: int, call: Call) -> list[Page]:
        return self._shards.scatter(lambda shard: shard.page(collection, after, count), call)

    def _users(self, collection: str, user_ids: list[str], call: Call) -> list[User]:
        shares = self._shards.by_home(collection, user_ids)

        def read(shard: Shard) -> list[User]:
            return shard.users(collection, shares[shard])

        found = self._shards.scatter(read, call, shares)
        return sorted((user for part in found for user in part), key=lambda user: user.user_id)

    def _enrolled(self, collection: str, user_ids: list[str], call: Call) -> Iterator[EnrolledUser]:
        users = {user.user_id: user for user in self._users(collection, user_ids, call)}
        shares = self._shards.by_home(collection, users)
        parts = self._shards.scatter(
            lambda shard: shard.samples(collection, shares[shard]), call, shares
        )
        samples = [sample for part in parts for sample in part]
        grouped = {
            user_id: tuple(group)
            for user_id, group in groupby(samples, key=lambda sample: sample.user_id)
        }
        for user_id in sorted(grouped):
            yield EnrolledUser(users[user_id], grouped[user_id])


def not_found(monitor: ServerMonitor, collection: str, user_id: str) -> UserNotFoundError:
    """Return the error, which tells an unknown collection unless a server that may know it is
    away.
    """
    known = True
    with suppress(StoreUnavailableError):
        known = monitor.knows(monitor.resolve(collection))
    return UserNotFoundError(user_id, "" if known else collection)
