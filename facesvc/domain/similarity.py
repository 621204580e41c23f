"""Cosine similarity and the decision it leads to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Two float32 vectors of length 1 are that long give or take 1e-7, so that a photo's cosine to
# itself can come out a little below 1. What is this near counts as 1.
SAME = 1.0 - 4e-7


def cosine_similarity(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    """Return the cosine, -1 to 1, of two L2-normalised vectors of float32 (n,); 1 for the same."""
    cosine = float(np.clip(np.dot(first, second), -1.0, 1.0))
    return 1.0 if cosine >= SAME else cosine


def is_match(similarity: float, threshold: float) -> bool:
    """Tell whether the similarity reaches the threshold, both as the caller will see them.

    The wire carries float32: comparing those keeps the decision consistent with the
    numbers beside it.
    """
    return bool(np.float32(similarity) >= np.float32(threshold))
