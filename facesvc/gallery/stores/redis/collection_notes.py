"""What Redis keeps beside the users: settings of collections, when users were seen, leases."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime

from facesvc.application.call import Call
from facesvc.domain.collection_settings import KeptSettings
from facesvc.domain.gallery_errors import StoreTask
from facesvc.gallery.stores.redis.local_copy import position_number
from facesvc.gallery.stores.redis.toolkit import keys, settings
from facesvc.gallery.stores.redis.toolkit import seen as marks
from facesvc.gallery.stores.redis.toolkit.connection import Connector
from facesvc.gallery.stores.redis.toolkit.registry import Registry
from facesvc.gallery.stores.redis.toolkit.replicas import Replicas
from facesvc.gallery.stores.redis.toolkit.server_faults import failing


class CollectionNotes(ABC):
    """These methods of RedisStore, which sets the connections."""

    recognizer: str
    _writes: Connector
    _registry: Registry
    _replicas: Replicas

    def kept_settings(self, collection: str, call: Call) -> KeptSettings:
        """Read settings from Redis itself; see GalleryStore."""
        call.check()
        with failing(StoreTask.READ):
            return settings.kept_settings(self._writes.primary(keys.base(collection)), collection)

    def put_settings(self, collection: str, kept: KeptSettings, call: Call) -> bool:
        """Store settings and wait until the sink knows; see GalleryStore."""
        call.check()
        self._check_open()
        with failing(StoreTask.WRITE):
            client = self._writes.primary(keys.base(collection))
            if not settings.put_settings(client, collection, self.recognizer, kept):
                return False
            position = self._registry.register(collection)
        self.wait_for(keys.REGISTRY_LOG, position_number(position), call)
        return True

    def mark_seen(self, collection: str, seen: Mapping[str, datetime], call: Call) -> None:
        """Mark users in Redis itself; see GalleryStore."""
        call.check()
        self._check_open()
        with failing(StoreTask.WRITE):
            client = self._writes.primary(keys.base(collection))
            marks.mark_seen(client, self._replicas, collection, seen)

    def last_seen(
        self, collection: str, user_ids: Sequence[str], call: Call
    ) -> dict[str, datetime]:
        """Read marks from Redis itself; see GalleryStore."""
        call.check()
        with failing(StoreTask.READ):
            client = self._writes.primary(keys.base(collection))
            return marks.last_seen(client, collection, user_ids)

    def take_lease(self, task: str, holder: str, seconds: float, call: Call) -> bool:
        """See GalleryStore."""
        call.check()
        self._check_open()
        with failing(StoreTask.WRITE):
            lease = keys.lease(task, self.recognizer)
            return marks.take_lease(self._writes.primary(lease), lease, holder, seconds)

    @abstractmethod
    def wait_for(self, collection: str, version: int, call: Call) -> None:
        """Return once this replica has followed that far; see GalleryStore."""

    @abstractmethod
    def _check_open(self) -> None:
        """Raise GalleryClosedError after the store was closed."""
