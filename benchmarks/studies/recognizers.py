"""What each step of the built-in packs' recognition brings, on labelled photos.

Takes a folder with a folder of photos for each person, such as half of Labeled Faces in the Wild.
Each row's faces are found, aligned and embedded by the engine's own code; the vectors are kept in
--cache, so that a run that was broken off goes on.

    python -m benchmarks.studies.recognizers PHOTOS [--cache FOLDER]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.studies.faces import central_faces, detector_of, features_of, photos_of
from benchmarks.studies.rates import measure
from facesvc.engine.config import EngineConfig, Precision
from facesvc.engine.view import AS_FOUND, FaceView
from facesvc.models.builtin import COMPACT, FUSED_PROJECTION, OPEN, PROJECTION_FILE
from facesvc.models.manifest import Manifest
from facesvc.models.projection import read_projection

FIRST_SIZE = 512  # numbers of fr_feature, which come first


@dataclass(frozen=True)
class Chain:
    """How faces come to be aligned. ``refined`` places landmarks a second time."""

    name: str
    manifest: Manifest
    config: EngineConfig
    refined: bool = False


INT8 = EngineConfig(precision=Precision.INT8)
CHAINS = (
    Chain("SCRFD", COMPACT, INT8),
    Chain("YuNet", OPEN, EngineConfig()),
    Chain("YuNet, landmarks placed again", OPEN, EngineConfig(), refined=True),
)


@dataclass(frozen=True)
class Found:
    """``first`` and ``second`` are the recognizers' vectors as they came, float32 (n, 512) and
    (n, 128), ``mirrored_first`` and ``mirrored_second`` those of the mirrored crops.
    """

    labels: NDArray[np.str_]
    first: NDArray[np.float32]
    second: NDArray[np.float32]
    mirrored_first: NDArray[np.float32]
    mirrored_second: NDArray[np.float32]


def find(photos: Path, chain: Chain, model_root: Path) -> Found:
    """Run one chain over all photos; one without a face gets zeros, which match nothing."""
    detector, place = detector_of(chain.manifest, model_root, chain.config)
    features = features_of(chain.manifest, model_root)
    rows = {}
    for path, view in central_faces(photos, detector, place if chain.refined else AS_FOUND):
        both = (features.vectors(crop) for crop in crops(view))
        rows[path] = [vector for pair in both for vector in pair]
    everything = photos_of(photos)
    print(f"{chain.name}: no face in {len(everything) - len(rows)} photos", flush=True)
    nothing = [np.zeros_like(vector) for vector in next(iter(rows.values()))]
    columns = zip(*(rows.get(path, nothing) for path in everything), strict=True)
    labels = np.array([path.parent.name for path in everything])
    return Found(labels, *(np.stack(column) for column in columns))


def crops(view: FaceView) -> Iterator[NDArray[np.uint8]]:
    """Yield the aligned crop and its mirror image."""
    crop = view.aligned_exactly()
    yield crop
    yield np.ascontiguousarray(crop[:, ::-1])


def joined(
    first: NDArray[np.float32], second: NDArray[np.float32], weight: float
) -> NDArray[np.float32]:
    """Return the weighted, normalised vectors beside each other."""
    parts = zip((first, second), (weight, 1 - weight), strict=True)
    sides = [np.sqrt(share) * part / lengths(part)[:, None] for part, share in parts]
    return np.hstack(sides).astype(np.float32)


def lengths(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the length of each row, a very small one for zeros."""
    return np.asarray(np.maximum(np.linalg.norm(vectors, axis=1), 1e-12), np.float32)


def rows_of(chain: Chain, found: Found) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Yield what is compared, with its name."""
    yield f"{chain.name}; fr_feature", joined(found.first, found.second, 1.0)
    yield f"{chain.name}; SFace", joined(found.first, found.second, 0.0)
    weights = (0.2, 0.3, 0.4, 0.5) if chain.refined else (0.3,)
    for weight in weights:
        name = f"{chain.name}; {weight} fr_feature + {1 - weight:.1f} SFace"
        yield name, joined(found.first, found.second, weight)
    if not chain.refined:
        return
    for columns in (384, 256, 128):
        whole = joined(found.first, found.second, 0.3)
        short = whole @ projection()[:, :columns]
        yield f"the same, in {columns} numbers", short / lengths(short)[:, None]
    mirrored = joined(found.first + found.mirrored_first, found.second + found.mirrored_second, 0.3)
    yield "the same, averaged with the mirrored crop", mirrored


def projection() -> NDArray[np.float32]:
    """Return the packs' projection."""
    return read_projection(PROJECTION_FILE, FUSED_PROJECTION.sha256)


def cached(photos: Path, chain: Chain, model_root: Path, cache: Path | None) -> Found:
    """Return what the chain found, from the cache where it is there."""
    path = None if cache is None else cache / f"{chain.name.replace(' ', '_')}.npz"
    if path is not None and path.exists():
        return Found(**np.load(path))
    began = time.perf_counter()
    found = find(photos, chain, model_root)
    print(f"{chain.name}: {time.perf_counter() - began:.0f} s", flush=True)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, **vars(found))
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--model-root", type=Path, default=Path("models"))
    parser.add_argument("--cache", type=Path)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    print("| | TAR at FMR 1e-4 | 1e-5 | FNIR at FPIR 0.01 | strangers answered at 0.45 |")
    print("|---|---|---|---|---|")
    for chain in CHAINS:
        found = cached(arguments.photos, chain, arguments.model_root, arguments.cache)
        for name, vectors in rows_of(chain, found):
            rates = measure(vectors, found.labels)
            (high, at_high), (low, at_low) = rates.tar.values()
            print(
                f"| {name} | {high:.4f} ({at_high:.3f}) | {low:.4f} ({at_low:.3f}) "
                f"| {rates.fnir:.2%} | {rates.answered:.2%} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
