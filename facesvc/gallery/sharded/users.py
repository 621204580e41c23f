"""Users, their samples and exports, in order over all servers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from facesvc.application.call import Call
from facesvc.domain.embedding import check_embedding
from facesvc.domain.errors import CollectionNotFoundError, UserNotFoundError
from facesvc.domain.gallery import (
    EnrolledUser,
    User,
    UserPage,
)
from facesvc.domain.gallery_errors import StoreTask
from facesvc.gallery.directory import make_token, read_token
from facesvc.gallery.sharded.servers import Servers
from facesvc.gallery.stores.redis.server_faults import failing

EXPORT_USERS = 64


class Users(Servers):
    """The part of the Gallery that reads users."""

    def get(self, collection: str, user_id: str, call: Call, *, min_version: int = 0) -> User:  # noqa: ARG002 - every write is visible at once
        """See Gallery."""
        call.check()
        self._check_open()
        name = self._watch.resolve(collection)
        with failing(StoreTask.READ):
            found = self._home(name, user_id).users(name, [user_id])
        if not found:
            raise UserNotFoundError(user_id)
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
        with failing(StoreTask.READ):
            samples = self._home(name, user_id).samples(name, [user_id])
        if not samples:
            raise UserNotFoundError(user_id)
        best = max(float(sample.embedding @ checked) for sample in samples)
        return min(1.0, max(-1.0, best))

    def export_users(
        self, collection: str, call: Call, *, after_user_id: str = ""
    ) -> Iterator[EnrolledUser]:
        """See Gallery. The embeddings have half precision."""
        name, after = self._watch.resolve(collection), after_user_id
        if not self._exists(name):
            raise CollectionNotFoundError(collection)
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
