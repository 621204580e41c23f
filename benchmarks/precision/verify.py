"""What a detector does to verification: all pairs of labelled photos, by their best faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.precision.compare import Best
from benchmarks.precision.photos import Judged

# The threshold at which FMR is 1e-4 on all 29.6 million impostor pairs of 7,701 LFW photos:
# 0.40 gives 1.5e-4 and 0.45 gives 2.7e-5; a few thousand pairs cannot place it themselves.
THRESHOLD = 0.41


@dataclass(frozen=True)
class Verification:
    """The cosines of all genuine and all impostor pairs; a copy is paired with its like only.
    A pair with a photo in which no face was found has cosine -1.
    """

    genuine: NDArray[np.float32]
    impostors: NDArray[np.float32]

    @property
    def tar(self) -> float:
        """Return the share of genuine pairs at THRESHOLD or above, in %."""
        return float((self.genuine >= THRESHOLD).mean() * 100)

    @property
    def false(self) -> int:
        """Return how many impostor pairs reach THRESHOLD."""
        return int((self.impostors >= THRESHOLD).sum())


def verify(photos: Sequence[Judged], best: Sequence[Best | None]) -> Verification | None:
    """Compare the best faces of all labelled photos; None when fewer than two people are named."""
    genuine, impostors = [], []
    for copy in dict.fromkeys(item.copy for item in photos):
        rows = [i for i, item in enumerate(photos) if item.person and item.copy == copy]
        people = np.array([photos[row].person for row in rows])
        if len(set(people)) < 2:
            continue
        found = [best[row] for row in rows]
        vectors = np.stack([np.zeros(512, np.float32) if b is None else b.embedding for b in found])
        missing = np.array([b is None for b in found])
        cosines = vectors @ vectors.T
        cosines[missing[:, None] | missing[None, :]] = -1.0
        upper = np.triu(np.ones_like(cosines, bool), k=1)
        same = people[:, None] == people[None, :]
        genuine.append(cosines[upper & same])
        impostors.append(cosines[upper & ~same])
    if not genuine:
        return None
    return Verification(np.concatenate(genuine), np.concatenate(impostors))
