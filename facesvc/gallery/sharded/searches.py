"""Searches: every server answers for its share, the answers are merged exactly."""

from __future__ import annotations

from facesvc.application.call import Call
from facesvc.domain.embedding import check_embeddings
from facesvc.domain.gallery import SearchQuery, SearchResult
from facesvc.gallery.sharded.merge import Found, merge
from facesvc.gallery.sharded.server_monitor import ServerMonitor
from facesvc.gallery.sharded.shard import Shard
from facesvc.gallery.sharded.shard_set import ShardSet


class ShardedSearches:
    """The part of the gallery that compares faces."""

    def __init__(self, shards: ShardSet, monitor: ServerMonitor) -> None:
        self._shards = shards
        self._monitor = monitor

    def search(self, query: SearchQuery, call: Call) -> SearchResult:
        """See GalleryReader; every write is visible at once, so that min_version is."""
        name = self._monitor.resolve(query.collection)
        probes = check_embeddings(query.probes)

        def search(shard: Shard) -> list[Found]:
            return [shard.search(name, probe, query) for probe in probes]

        answers, missing = (
            self._shards.scatter_to_available(search, call)
            if query.allow_partial
            else (self._shards.scatter(search, call), ())
        )
        merged = [
            merge([found.matches for found in of_probe], query.top_k, query.threshold)
            for of_probe in zip(*answers, strict=True)
        ]
        known = any(found.known for of_shard in answers for found in of_shard)
        return SearchResult(merged, missing, known)
