"""What counts as an embedding that may be stored or searched with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facesvc.domain.faces import EMBEDDING_SIZE

NORM_TOLERANCE = 1e-3  # float32 normalisation errs by 1e-6; more means another vector


class InvalidEmbeddingError(ValueError):
    """The vector is no L2-normalised embedding: a fault of the service, not of the caller."""


def check_embeddings(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return float32 (n, 512) contiguous when every row is finite and of length 1.

    Raises InvalidEmbeddingError for NaN, infinite, zero, unnormalised or wrongly sized rows.
    """
    rows = np.ascontiguousarray(vectors, dtype=np.float32)
    if rows.ndim != 2 or rows.shape[1] != EMBEDDING_SIZE:
        raise InvalidEmbeddingError(f"Expected (n, {EMBEDDING_SIZE}) embeddings, got {rows.shape}.")
    squared = np.einsum("ij,ij->i", rows, rows)
    fit = np.abs(squared - 1.0) <= 2 * NORM_TOLERANCE  # False for NaN and infinity
    if not fit.all():
        row = int(np.flatnonzero(~fit)[0])
        raise InvalidEmbeddingError(
            f"Embedding {row} is not L2-normalised: its squared length is {squared[row]}."
        )
    return rows


def check_embedding(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return one float32 (512,) embedding; raises InvalidEmbeddingError as for many."""
    row: NDArray[np.float32] = check_embeddings(np.asarray(vector)[np.newaxis])[0]
    return row
