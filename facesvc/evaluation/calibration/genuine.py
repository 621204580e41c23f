"""Measuring how similar photos of the same person are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facesvc.domain.genuine import GenuineScores

# Finer where thresholds are: a score in two hundred is lower than 0.5 there.
_RATES = (
    *(0.0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075),
    *(each / 20 for each in range(2, 20)),
    *(0.975, 0.99, 1.0),
)
_LEAST_PAIRS = 100  # fewer are no curve


def fit_genuine(embeddings: NDArray[np.float32], people: NDArray[np.int64]) -> GenuineScores | None:
    """Return the scores of all pairs of the same person, None where there are too few.

    ``embeddings`` float32 (n, 512), ``people`` int (n,). Wrong labels count as misses: look at
    the lowest pairs (``facesvc eval`` names them).
    """
    scores: list[NDArray[np.float32]] = []
    several = 0
    for person in np.unique(people):
        own = embeddings[people == person]
        rows, columns = np.triu_indices(len(own), 1)
        if len(rows):
            scores.append((own @ own.T)[rows, columns])
            several += 1
    found = np.concatenate(scores) if scores else np.zeros(0, np.float32)
    if len(found) < _LEAST_PAIRS:
        return None
    curve: list[tuple[float, float]] = []
    for threshold, rate in zip(np.quantile(found, _RATES).tolist(), _RATES, strict=True):
        if not curve or threshold > curve[-1][0]:
            curve.append((threshold, rate))
    if curve[-1][1] != 1.0:  # the highest came several times
        curve[-1] = (curve[-1][0], 1.0)
    return GenuineScores(tuple(curve), len(found), several)
