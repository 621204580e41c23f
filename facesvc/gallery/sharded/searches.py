"""Searches: every server answers for its share, the answers are merged exactly."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from facesvc.application.call import Call
from facesvc.domain.embedding import check_embeddings
from facesvc.domain.errors import (
    StoreUnavailableError,
)
from facesvc.domain.gallery import (
    Match,
    SearchQuery,
    SearchResult,
)
from facesvc.domain.gallery_errors import NoServerAnswersError
from facesvc.gallery.sharded.merge import merge
from facesvc.gallery.sharded.servers import Servers, answer_of
from facesvc.gallery.sharded.shard import Shard

Answer = TypeVar("Answer")


class Searches(Servers):
    """The part of the Gallery that compares faces."""

    def search(self, query: SearchQuery, call: Call) -> SearchResult:
        """See GalleryReader; every write is visible at once, so that min_version is."""
        name = self._watch.resolve(query.collection)
        probes = check_embeddings(query.probes)

        def ask(shard: Shard) -> list[list[Match]]:
            return [shard.search(name, probe, query.top_k, query.threshold) for probe in probes]

        answers, missing = (
            self._answers_of_available(ask, call)
            if query.allow_partial
            else (self._scatter(ask, self._shards, call), ())
        )
        merged = [
            merge(of_probe, query.top_k, query.threshold) for of_probe in zip(*answers, strict=True)
        ]
        return SearchResult(merged, missing)

    def _answers_of_available(
        self, ask: Callable[[Shard], Answer], call: Call
    ) -> tuple[list[Answer], tuple[int, ...]]:
        """Return the answers of the servers that can, and the numbers, from 1, of the others."""
        answers, missing = [], []
        for shard, future in zip(self._shards, self._ask(ask, self._shards), strict=True):
            try:
                answers.append(answer_of(shard, future, call))
            except StoreUnavailableError:
                missing.append(shard.number + 1)
        if not answers:
            raise NoServerAnswersError
        return answers, tuple(missing)
