"""The port of a search index: it knows embeddings and their users, and nothing else of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Hit:
    """The best sample of one user: its cosine to the probe, -1 to 1."""

    user_id: str
    similarity: float


class FaceIndex(Protocol):
    """Exact: what it returns is what comparing with every sample in float32 would return.

    Reads are thread-safe and never wait for writes. Writes come from one thread a time.
    """

    def add(self, collection: str, user_ids: list[str], embeddings: NDArray[np.float32]) -> None:
        """Append samples: float32 (n, 512), L2-normalised, and their n users."""
        ...

    def replace_user(self, collection: str, user_id: str, embeddings: NDArray[np.float32]) -> None:
        """Swap all the user's samples for these, (0, 512) for none; a read sees either."""
        ...

    def drop(self, collection: str) -> None:
        """Forget a collection; unknown ones are ignored."""
        ...

    def search(
        self, collection: str, probes: NDArray[np.float32], top_k: int, threshold: float
    ) -> list[list[Hit]]:
        """Return for each of the float32 (n, 512) probes at most top_k users whose best sample
        reaches the threshold, the best first, equal similarities by user_id.
        """
        ...

    def similarity(self, collection: str, user_id: str, probe: NDArray[np.float32]) -> float | None:
        """Return the cosine of the user's best sample, None when there is none."""
        ...

    def count(self, collection: str) -> int:
        """Return how many samples are searchable."""
        ...
