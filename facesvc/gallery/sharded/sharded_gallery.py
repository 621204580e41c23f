"""The Gallery over several Redis servers that search: ask all of them, merge exactly.

Nothing is kept in this process but the aliases, so every replica sees every write at once and
``min_version`` needs no waiting. Versions count the writes of a collection on the user's server.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import structlog

from facesvc.application.call import Call
from facesvc.domain.collection_settings import KeptSettings, SettingsChange
from facesvc.domain.errors import CollectionNotFoundError, FaceError
from facesvc.domain.events import Retention
from facesvc.domain.gallery import (
    Deletion,
    Enrolment,
    ErasureReceipt,
    WriteReceipt,
)
from facesvc.domain.gallery_edits import GalleryEdit
from facesvc.domain.gallery_errors import AliasIsCollectionError, ForeignGalleryError, StoreTask
from facesvc.gallery.settings_change import change_settings
from facesvc.gallery.sharded.server_monitor import ServerMonitor
from facesvc.gallery.sharded.shard import Shard
from facesvc.gallery.sharded.shard_layout import gallery_id_of, layout_of, new_gallery_id
from facesvc.gallery.sharded.shard_set import ShardSet
from facesvc.gallery.sharded.sharded_reads import ShardedReads
from facesvc.gallery.sharded.transfers import LEFT_BEHIND_S, Transfers
from facesvc.gallery.sharded.writes import ShardedWrites
from facesvc.gallery.stores.port import GalleryOpenError, receipt_of
from facesvc.gallery.stores.redis.toolkit.event_codec import EventCodec
from facesvc.gallery.stores.redis.toolkit.event_log import RedisEventLog
from facesvc.gallery.stores.redis.toolkit.event_parts import Parts
from facesvc.gallery.stores.redis.toolkit.server_faults import failing

_log = structlog.get_logger(__name__)


class ShardedGallery(ShardedReads):
    """The application's Gallery. ``urls`` name one primary each (redis://, rediss:// or
    redis+sentinel://), always in the same order. ``allow_foreign`` opens a gallery even when
    every collection in it is another recognizer's. ``events`` bounds the events of each collection
    on each server; with None none are kept. Raises RedisUrlError.
    """

    def __init__(
        self,
        urls: Sequence[str],
        recognizer: str,
        *,
        allow_foreign: bool = False,
        events: Retention | None = None,
    ) -> None:
        self.recognizer = recognizer
        self.warnings: list[str] = []
        self._allow_foreign = allow_foreign
        self._shards = ShardSet(urls, recognizer, events)
        parts = Parts([shard.reads for shard in self._shards.shards])
        replicas = self._shards.shards[0].replicas
        self.events = RedisEventLog(parts, EventCodec(events), replicas) if events else None
        super().__init__(self._shards, ServerMonitor(self._shards.shards, recognizer))
        self._transfers = Transfers(self._shards, self._monitor)
        self._writes = ShardedWrites(self._shards, self._monitor, self._transfers)

    def open(self) -> None:
        """Check that every server is the one it should be and has its index. Raises
        StoreUnavailableError, ForeignGalleryError.
        """
        with failing(StoreTask.LOAD):
            self._take_layouts()
            self._transfers.end_all()
            self._monitor.refresh()
        for warning in self.warnings:
            _log.warning("redis_durability", detail=warning)
        foreign = self._monitor.foreign
        if foreign and not self._monitor.infos and not self._allow_foreign:
            raise ForeignGalleryError(sorted(set(foreign.values())), self.recognizer)
        self._monitor.start(lambda: self._transfers.end_all(left_for_s=LEFT_BEHIND_S))
        if self.events:
            self.events.start()

    def close(self) -> None:
        """End the threads and close every connection."""
        if self.events:
            self.events.close()
        self._monitor.close()
        self._shards.close()

    def enroll(self, enrolment: Enrolment, call: Call) -> WriteReceipt:
        """See GalleryWriter. Raises InvalidEmbeddingError, a fault of the service."""
        return receipt_of(self.enroll_many([enrolment], call)[0])

    def enroll_many(
        self, enrolments: Sequence[Enrolment], call: Call
    ) -> list[WriteReceipt | FaceError]:
        """See GalleryWriter."""
        outcomes = self._writes.enroll_many(enrolments, call)
        self._tell(sum(isinstance(one, WriteReceipt) for one in outcomes))
        return outcomes

    def delete(
        self,
        collection: str,
        user_id: str,
        call: Call,
        *,
        request_id: str = "",
        expected_version: int | None = None,
    ) -> WriteReceipt:
        """See GalleryWriter."""
        receipt = self._writes.delete(collection, user_id, call, request_id, expected_version)
        self._tell(1)
        return receipt

    def delete_many(
        self, deletions: Sequence[Deletion], call: Call
    ) -> list[WriteReceipt | FaceError]:
        """See GalleryWriter."""
        return self._writes.delete_many(deletions, call)

    def edit(self, edit: GalleryEdit, call: Call) -> WriteReceipt:
        """See GalleryWriter."""
        return self._writes.edit(edit, call)

    def delete_collection(self, collection: str, call: Call) -> WriteReceipt:
        """See GalleryAdmin."""
        receipt = self._writes.delete_collection(collection, call)
        self._tell(len(self._shards.shards))
        return receipt

    def change_settings(self, collection: str, change: SettingsChange, call: Call) -> KeptSettings:
        """See GalleryAdmin; the first server has them, other replicas follow within the second."""
        call.check()
        self._shards.check_open()
        name = self._monitor.resolve(collection)
        kept = change_settings(self._shards.shards[0], name, change, call)
        with failing(StoreTask.WRITE):
            self._monitor.refresh()
        return kept

    def set_alias(self, alias: str, collection: str, call: Call) -> None:
        """See GalleryAdmin; other replicas follow within the second."""
        call.check()
        target = self._monitor.resolve(collection)
        if not self._monitor.knows(target):
            raise CollectionNotFoundError(collection)
        if alias in self._monitor.infos:
            raise AliasIsCollectionError(alias)
        self._store_alias(alias, target)

    def delete_alias(self, alias: str, call: Call) -> None:
        """See GalleryAdmin."""
        call.check()
        if alias not in self._monitor.aliases:
            raise CollectionNotFoundError(alias)
        self._store_alias(alias, "")

    def mark_seen(self, collection: str, seen: Mapping[str, datetime], call: Call) -> None:
        """See GalleryRetention."""
        name = self._monitor.resolve(collection)
        shares = self._shards.by_home(name, seen)

        def mark(shard: Shard) -> None:
            shard.mark_seen(name, {user_id: seen[user_id] for user_id in shares[shard]})

        self._shards.scatter(mark, call, shares)

    def last_seen(
        self, collection: str, user_ids: Sequence[str], call: Call
    ) -> dict[str, datetime]:
        """See GalleryRetention."""
        name = self._monitor.resolve(collection)
        shares = self._shards.by_home(name, user_ids)
        found = self._shards.scatter(
            lambda shard: shard.last_seen(name, shares[shard]), call, shares
        )
        return {user_id: moment for part in found for user_id, moment in part.items()}

    def take_lease(self, task: str, holder: str, seconds: float, call: Call) -> bool:
        """See GalleryRetention; the first server keeps the tasks."""
        call.check()
        self._shards.check_open()
        with failing(StoreTask.WRITE):
            return self._shards.shards[0].take_lease(task, holder, seconds)

    def purge(self, call: Call) -> ErasureReceipt:
        """See GalleryAdmin."""
        if self.events:
            with failing(StoreTask.PURGE):
                self.events.erase(call)
        return self._writes.purge(call)

    def _tell(self, count: int) -> None:
        if self.events:
            self.events.tell(count)

    def _take_layouts(self) -> None:
        shards = self._shards.shards
        held = [shard.held_layout() for shard in shards]
        if any(held) and not all(held):
            empty = ", ".join(str(n) for n, layout in enumerate(held, 1) if not layout)
            raise GalleryOpenError(
                f"Redis servers {empty} are empty, the others are not: they lost their data, or"
                " were added. Restore them from a backup, or import into a new gallery."
            )
        gallery_id = gallery_id_of(held[0]) or new_gallery_id()
        for shard in shards:
            self.warnings += shard.open(layout_of(gallery_id, shard.number - 1, len(shards)))

    def _store_alias(self, alias: str, collection: str) -> None:
        self._shards.check_open()
        with failing(StoreTask.WRITE):
            self._shards.shards[0].registry.set_alias(alias, collection)
            self._monitor.refresh()
