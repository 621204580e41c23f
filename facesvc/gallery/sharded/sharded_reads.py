"""What servers that search answer: users, samples, searches, sizes and their state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray
from redis.exceptions import RedisError

from facesvc.application.call import Call
from facesvc.domain.collection_settings import NEVER_SET, KeptSettings
from facesvc.domain.errors import StoreUnavailableError
from facesvc.domain.gallery import (
    CollectionInfo,
    EnrolledUser,
    GalleryStatus,
    SearchQuery,
    SearchResult,
    User,
    UserPage,
)
from facesvc.domain.metadata_filter import EVERYBODY, MetadataFilter
from facesvc.domain.risk import GallerySize
from facesvc.gallery.sharded.searches import ShardedSearches
from facesvc.gallery.sharded.server_monitor import ServerMonitor
from facesvc.gallery.sharded.shard_set import ShardSet
from facesvc.gallery.sharded.users import ShardedUsers


class ShardedReads:
    """The reading side of the gallery. Every write is visible at once, so that ``min_version``
    needs no waiting.
    """

    def __init__(self, shards: ShardSet, monitor: ServerMonitor) -> None:
        self._monitor = monitor
        self._users = ShardedUsers(shards, monitor)
        self._searches = ShardedSearches(shards, monitor)

    def resolve(self, collection: str) -> str:
        """See GalleryReader."""
        return self._monitor.resolve(collection)

    def get(self, collection: str, user_id: str, call: Call, *, min_version: int = 0) -> User:  # noqa: ARG002
        """See GalleryReader."""
        return self._users.get(collection, user_id, call)

    def enrolled(
        self,
        collection: str,
        user_id: str,
        call: Call,
        *,
        min_version: int = 0,  # noqa: ARG002
    ) -> EnrolledUser:
        """See GalleryReader."""
        return self._users.enrolled(collection, user_id, call)

    def list_users(
        self,
        collection: str,
        page_size: int,
        page_token: str,
        call: Call,
        *,
        min_version: int = 0,  # noqa: ARG002
        where: MetadataFilter = EVERYBODY,
    ) -> UserPage:
        """See GalleryReader."""
        return self._users.page(collection, page_size, page_token, where, call)

    def search(self, query: SearchQuery, call: Call) -> SearchResult:
        """See GalleryReader."""
        return self._searches.search(query, call)

    def similarity(
        self,
        collection: str,
        user_id: str,
        probe: NDArray[np.float32],
        call: Call,
        *,
        min_version: int = 0,  # noqa: ARG002
    ) -> float:
        """See GalleryReader."""
        return self._users.similarity(collection, user_id, probe, call)

    def export_users(
        self, collection: str, call: Call, *, after_user_id: str = ""
    ) -> Iterator[EnrolledUser]:
        """See GalleryAdmin. The embeddings have half precision."""
        return self._users.export(collection, call, after_user_id)

    def knows(self, collection: str) -> bool:
        """See GalleryReader; as of the last look."""
        return self._monitor.resolve(collection) in self._monitor.infos

    def size(self, collection: str) -> GallerySize:
        """See GalleryReader; as of the last look, a second ago where every server answers."""
        info = self._monitor.infos.get(self._monitor.resolve(collection))
        return GallerySize(0, 0) if info is None else GallerySize(info.users, info.samples)

    def sizes(self) -> Mapping[str, GallerySize]:
        """See GalleryReader; as of the last look."""
        return {
            name: GallerySize(info.users, info.samples)
            for name, info in self._monitor.infos.items()
        }

    def real_name(self, collection: str) -> str:
        """See GalleryReader."""
        return self._monitor.resolve(collection)

    def settings(self, collection: str) -> KeptSettings:
        """See GalleryReader; as of the last look."""
        return self._monitor.settings.get(self._monitor.resolve(collection), NEVER_SET)

    def list_collections(self) -> list[CollectionInfo]:
        """See GalleryReader; as of the last survey where a server is away."""
        with suppress(RedisError, OSError, StoreUnavailableError):
            self._monitor.refresh()
        return self._monitor.collections()

    def status(self) -> GalleryStatus:
        """See GalleryReader; counts as of the last survey."""
        return self._monitor.status()
