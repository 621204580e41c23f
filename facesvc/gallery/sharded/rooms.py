"""How many more users a collection takes, whose users are on several servers."""

from __future__ import annotations

from facesvc.domain.errors import CollectionFullError
from facesvc.domain.gallery_errors import StoreTask
from facesvc.gallery.sharded.server_monitor import ServerMonitor
from facesvc.gallery.sharded.shard_set import ShardSet
from facesvc.gallery.stores.redis.toolkit.server_faults import failing


class Rooms:
    """Of one batch of writes. No server counts all users: those that others enrol at the same
    moment may come on top.
    """

    def __init__(self, shards: ShardSet, monitor: ServerMonitor) -> None:
        self._shards = shards
        self._monitor = monitor
        self._coming: dict[str, set[str]] = {}

    def check(self, name: str, user_id: str) -> None:
        """Take the user's place in the collection of that real name. Raises
        CollectionFullError, StoreUnavailableError.
        """
        kept = self._monitor.settings.get(name)
        limit = kept.settings.max_users if kept else None
        if limit is None:
            return
        with failing(StoreTask.WRITE):
            if name not in self._coming:
                self._monitor.refresh()
                self._coming[name] = set()
            coming = self._coming[name]
            if user_id in coming or self._shards.home(name, user_id).users(name, [user_id]):
                return
        info = self._monitor.infos.get(name)
        if (info.users if info else 0) + len(coming) >= limit:
            raise CollectionFullError(limit)
        coming.add(user_id)
