"""The Gallery over several Redis servers that search: ask all of them, merge exactly.

Nothing is kept in this process but the aliases, so every replica sees every write at once and
``min_version`` needs no waiting. Versions count the writes of a collection on the user's server.
"""

from __future__ import annotations

from contextlib import suppress

import structlog
from redis.exceptions import RedisError

from facesvc.application.call import Call
from facesvc.domain.errors import CollectionNotFoundError, StoreUnavailableError
from facesvc.domain.gallery import (
    CollectionInfo,
    GalleryStatus,
)
from facesvc.domain.gallery_errors import AliasIsCollectionError, ForeignGalleryError, StoreTask
from facesvc.gallery.sharded.searches import Searches
from facesvc.gallery.sharded.shard_layout import (
    gallery_id_of,
    layout_of,
    new_gallery_id,
)
from facesvc.gallery.sharded.users import Users
from facesvc.gallery.sharded.writes import Writes
from facesvc.gallery.stores.port import GalleryOpenError
from facesvc.gallery.stores.redis.server_faults import failing

_log = structlog.get_logger(__name__)


class RedisSearchGallery(Writes, Searches, Users):
    """The application's Gallery. ``urls`` name one primary each (redis://, rediss:// or
    redis+sentinel://), always in the same order. ``allow_foreign`` opens a gallery even when
    every collection in it is another recognizer's. Raises RedisUrlError.
    """

    def open(self) -> None:
        """Check that every server is the one it should be and has its index. Raises
        StoreUnavailableError, ModelMismatchError.
        """
        with failing(StoreTask.LOAD):
            held = [shard.held_layout() for shard in self._shards]
            if any(held) and not all(held):
                empty = ", ".join(str(n) for n, layout in enumerate(held, 1) if not layout)
                raise GalleryOpenError(
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
        if self._watch.foreign and not self._watch.infos and not self._allow_foreign:
            raise ForeignGalleryError(sorted(set(self._watch.foreign.values())), self.recognizer)
        self._watch.start()

    def close(self) -> None:
        """End the threads and close every connection."""
        self._closed = True
        self._watch.close()
        self._pool.shutdown()
        for shard in self._shards:
            shard.close()

    def list_collections(self) -> list[CollectionInfo]:
        """See Gallery; as of the last look where a server is away."""
        with suppress(RedisError, OSError, StoreUnavailableError):
            self._watch.look()
        return self._watch.collections()

    def set_alias(self, alias: str, collection: str, call: Call) -> None:
        """See Gallery; other replicas follow within the second."""
        call.check()
        target = self._watch.resolve(collection)
        if not self._exists(target):
            raise CollectionNotFoundError(collection)
        if alias in self._watch.infos:
            raise AliasIsCollectionError(alias)
        self._store_alias(alias, target)

    def delete_alias(self, alias: str, call: Call) -> None:
        """See Gallery."""
        call.check()
        if alias not in self._watch.aliases:
            raise CollectionNotFoundError(alias)
        self._store_alias(alias, "")

    def status(self) -> GalleryStatus:
        """See Gallery; counts as of the last look."""
        return self._watch.status()

    def _store_alias(self, alias: str, collection: str) -> None:
        self._check_open()
        with failing(StoreTask.WRITE):
            self._shards[0].registry.set_alias(alias, collection)
            self._watch.look()
