"""Searches: every server answers for its share, the answers are merged exactly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facesvc.application.call import Call
from facesvc.domain.embedding import check_embedding, check_embeddings
from facesvc.domain.errors import (
    StoreUnavailableError,
)
from facesvc.domain.gallery import (
    Match,
    PartialMatches,
)
from facesvc.gallery.sharded.merge import merge
from facesvc.gallery.sharded.servers import Servers, answer_of
from facesvc.gallery.sharded.shard import Shard


class Searches(Servers):
    """The part of the Gallery that compares faces."""

    def search(
        self,
        collection: str,
        probe: NDArray[np.float32],
        top_k: int,
        threshold: float,
        call: Call,
        *,
        min_version: int = 0,  # noqa: ARG002 - every write is visible at once
    ) -> list[Match]:
        """See Gallery. Raises StoreUnavailableError when a server does not answer."""
        name, checked = self._watch.resolve(collection), check_embedding(probe)
        answers = self._scatter(
            lambda shard: shard.search(name, checked, top_k, threshold), self._shards, call
        )
        return merge(answers, top_k, threshold)

    def search_available(
        self,
        collection: str,
        probe: NDArray[np.float32],
        top_k: int,
        threshold: float,
        call: Call,
        *,
        min_version: int = 0,  # noqa: ARG002 - every write is visible at once
    ) -> PartialMatches:
        """Search like ``search``, but answer for the servers that can, and say which cannot.
        For callers that asked for it: a face on a missing server is not found.
        """
        name, checked = self._watch.resolve(collection), check_embedding(probe)
        asked = self._ask(lambda shard: shard.search(name, checked, top_k, threshold), self._shards)
        answers, missing = [], []
        for shard, future in zip(self._shards, asked, strict=True):
            try:
                answers.append(answer_of(shard, future, call))
            except StoreUnavailableError:
                missing.append(shard.number + 1)
        if not answers:
            raise StoreUnavailableError("No Redis server of the gallery answers.")
        return PartialMatches(merge(answers, top_k, threshold), tuple(missing))

    def search_many(
        self,
        collection: str,
        probes: NDArray[np.float32],
        top_k: int,
        threshold: float,
        call: Call,
        *,
        min_version: int = 0,  # noqa: ARG002 - every write is visible at once
    ) -> list[list[Match]]:
        """See Gallery."""
        name, checked = self._watch.resolve(collection), check_embeddings(probes)

        def search(shard: Shard) -> list[list[Match]]:
            return [shard.search(name, probe, top_k, threshold) for probe in checked]

        answers = self._scatter(search, self._shards, call)
        return [merge(of_probe, top_k, threshold) for of_probe in zip(*answers, strict=True)]
