"""The file of a projection: pinned, checked and orthonormal."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from facesvc.models.checksum import sha256_of
from facesvc.models.pack_errors import PackError
from facesvc.models.projection import read_projection

COLUMNS = np.linalg.qr(np.random.default_rng(0).normal(size=(40, 12)))[0]


def kept(path: Path, array: object) -> str:
    """Write the array and return its file's SHA-256."""
    stream = io.BytesIO()
    np.save(stream, array)
    path.write_bytes(stream.getvalue())
    return sha256_of(stream.getvalue())


def test_what_float16_took_from_the_columns_is_given_back(tmp_path: Path) -> None:
    """The columns are orthonormal again, and each one is still the same direction."""
    path = tmp_path / "p.npy"
    found = read_projection(path, kept(path, COLUMNS.astype(np.float16)))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.T @ found, np.eye(12), atol=2e-7)
    np.testing.assert_allclose(found, COLUMNS, atol=1e-3)


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    """Another projection makes other embeddings: it is pinned as the models are."""
    path = tmp_path / "p.npy"
    digest = kept(path, COLUMNS)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(PackError, match=r"p\.npy.*SHA-256"):
        read_projection(path, digest)


@pytest.mark.parametrize(
    "array",
    [
        np.ones(5),
        COLUMNS.T,
        np.ones((40, 12)),
        np.full((40, 12), np.nan),
        np.array([["a"]]),
    ],
)
def test_what_is_no_projection_is_refused(tmp_path: Path, array: object) -> None:
    """Vectors, wide matrices and dependent columns end the start."""
    path = tmp_path / "p.npy"
    with pytest.raises(PackError):
        read_projection(path, kept(path, array))


def test_a_file_of_objects_is_not_unpickled(tmp_path: Path) -> None:
    """A pickle could run code."""
    path = tmp_path / "p.npy"
    with pytest.raises(PackError, match="no NumPy array"):
        read_projection(path, kept(path, np.array([{}], dtype=object)))
