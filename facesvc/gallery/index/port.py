"""The port of a search index: it knows embeddings and their users, and nothing else of them.

A write prepares the next view of its collection and returns it; readers see it from the moment
that the gallery publishes that view, together with what else the write changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from facesvc.gallery.stores.port import SampleBlock


@dataclass(frozen=True, slots=True)
class Hit:
    """The best sample of one user: its cosine to the probe, -1 to 1."""

    user_id: str
    similarity: float


class IndexView(Protocol):
    """One collection as of one write. Exact: what it returns is what comparing with every
    sample in float32 would return. Thread-safe; never waits for a write.
    """

    @property
    def samples(self) -> int:
        """How many samples it holds."""
        ...

    def search(
        self,
        probes: NDArray[np.float32],
        top_k: int,
        threshold: float,
        users: Set[str] | None = None,
    ) -> list[list[Hit]]:
        """Return for each of the float32 (n, 512) probes at most top_k of these users, of all
        for None, whose best sample reaches the threshold, the best first, equal similarities by
        user_id.
        """
        ...

    def similarity(self, user_id: str, probe: NDArray[np.float32]) -> float | None:
        """Return the cosine of the user's best sample, None when there is none."""
        ...


class FaceIndex(Protocol):
    """All collections. Called by one thread a time; every view goes to the readers before the
    next write of its collection is prepared.
    """

    def reset(self, blocks: Iterable[SampleBlock]) -> dict[str, IndexView]:
        """Start again with these samples; the views of the old ones stay valid."""
        ...

    def add(
        self, collection: str, user_id: str, embedding: NDArray[np.float32], *, replace: bool
    ) -> IndexView:
        """Append one float32 (512,) sample, dropping the user's earlier ones if ``replace``."""
        ...

    def remove(self, collection: str, user_id: str) -> IndexView:
        """Drop all samples of a user."""
        ...

    def put(self, collection: str, samples: Mapping[str, NDArray[np.float32]]) -> IndexView:
        """Give users these samples, float32 (n, 512), in place of all that they have."""
        ...

    def drop(self, collection: str) -> None:
        """Forget a collection; an unknown one is ignored."""
        ...

    def empty(self, collection: str) -> IndexView:
        """Return a view without samples, and start the collection so."""
        ...
