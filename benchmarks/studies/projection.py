"""Learns the projection that joins the recognizers' vectors into one embedding.

Takes a folder of photos with a face each, in whatever folders below it; names are not used. The
vectors of all faces span fewer numbers than the models give together (fr_feature's 512 numbers
have a rank of 256). The first principal directions, without a mean, hold almost all of them, the
most telling first. Writes facesvc/models/fused_projection.npy; with --check it only says how far
the file's directions are from those of these photos.

    python -m benchmarks.studies.projection PHOTOS [--check]
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.studies.faces import central_faces, detector_of, features_of
from facesvc.models.builtin import OPEN, PROJECTION_FILE
from facesvc.models.projection import orthonormal

COLUMNS = 384  # 256 of fr_feature's rank and SFace's 128


def learn(vectors: NDArray[np.float64], columns: int = COLUMNS) -> NDArray[np.float64]:
    """Return the first principal directions of unit vectors (n, m), float64 (m, columns).

    Each column's greatest number is positive, so that the same vectors give the same matrix.
    """
    _, _, directions = np.linalg.svd(vectors, full_matrices=False)
    chosen = directions[:columns].T
    greatest = chosen[np.abs(chosen).argmax(axis=0), np.arange(columns)]
    return np.asarray(chosen * np.sign(greatest), np.float64)


def kept_share(vectors: NDArray[np.float64], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much of each unit vector's length is left after the projection."""
    return np.asarray(np.linalg.norm(vectors @ orthonormal(matrix), axis=1))


def main() -> None:
    """Learn, or compare with what is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--model-root", type=Path, default=Path("models"))
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    features = features_of(OPEN, arguments.model_root)
    views = central_faces(arguments.photos, *detector_of(OPEN, arguments.model_root))
    found = [features.of(view.aligned_exactly())[0] for _, view in views]
    vectors = np.stack(found).astype(np.float64)
    if not arguments.check:
        np.save(PROJECTION_FILE, learn(vectors).astype(np.float16))
    data = PROJECTION_FILE.read_bytes()
    kept = kept_share(vectors, np.load(PROJECTION_FILE).astype(np.float64))
    print(f"{len(vectors)} faces; {PROJECTION_FILE.name}: {len(data)} bytes, ", end="")
    print(f"SHA-256 {hashlib.sha256(data).hexdigest()}")
    print(f"length kept: median {np.median(kept):.6f}, least {kept.min():.6f}")


if __name__ == "__main__":
    main()
