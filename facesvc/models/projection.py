"""The projection of a pack with several recognizers, as it is kept in a file."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facesvc.models.checksum import read_verified
from facesvc.models.pack_errors import PackError


def read_projection(path: Path, sha256: str) -> NDArray[np.float32]:
    """Return the matrix, float32 (n, m), its columns orthonormal.

    The file holds it in float16, which is exact to 5e-4 of each number; what that took from the
    columns' being orthonormal is given back here. Raises PackError when the file is missing,
    differs from its SHA-256 or holds no such matrix.
    """
    data = read_verified(path, sha256)
    try:
        kept = np.load(io.BytesIO(data), allow_pickle=False)
    except ValueError as error:
        raise PackError(f"{path}: is no NumPy array: {error}") from error
    if kept.ndim != 2 or kept.shape[0] < kept.shape[1] or kept.dtype.kind != "f":
        raise PackError(f"{path}: holds {kept.dtype} {kept.shape}, not a matrix of tall columns")
    return orthonormal(kept.astype(np.float64)).astype(np.float32)


def orthonormal(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the nearest matrix with orthonormal columns that span the same, each column's
    direction kept: the QR decomposition with a positive diagonal.

    Raises PackError when the columns are not independent.
    """
    columns, triangle = np.linalg.qr(matrix)
    scale = np.diag(triangle)
    if not np.isfinite(triangle).all() or np.abs(scale).min() < 0.5:
        raise PackError("The projection's columns are far from orthonormal.")
    return np.asarray(columns * np.sign(scale), np.float64)
