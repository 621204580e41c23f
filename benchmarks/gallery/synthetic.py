"""Faces for measurements of the gallery: unit vectors of two kinds, and probes of some of them.

``flat``: random directions, whose numbers all count alike, as those of a recognizer without a
projection (``compact-single``). ``joined``: as the packs with two recognizers make them (``open``,
``compact``), by what was measured on the photos of 2,848 people of Labeled Faces in the Wild with
``open``: how widely each number spreads, which falls off, and the mean face. A thousand groups of
faces look more alike than chance has it, which gives the scores of strangers the tail that the real
ones have; SCORES compares.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
KINDS = ("joined", "flat")
# Cosines of strangers as measured: mean, deviation, and what 1 %, 0.1 %, 0.01 % and 0.001 % of
# pairs exceed. ``python -m benchmarks.gallery.synthetic`` prints those of both kinds.
SCORES = (0.072, 0.083, 0.268, 0.338, 0.399, 0.469)
# The deviation of the numbers at these places, and the mean of the first; the others' are near 0.
_SPREAD = {0: 0.0597, 1: 0.1164, 10: 0.1054, 20: 0.0968, 35: 0.0894, 50: 0.0837, 75: 0.073}
_SPREAD |= {100: 0.0643, 120: 0.0574, 128: 0.0444, 135: 0.0405, 150: 0.0333, 175: 0.0248}
_SPREAD |= {200: 0.0207, 220: 0.0184, 255: 0.015, 270: 0.0127, 280: 0.0045, 300: 0.0006, 384: 0.0}
_MEAN = -0.268
_GROUPS, _GROUP_SHARE = 1000, 0.25  # of the variance
_PART = 2048
_PROBES = 64


def parts(faces: int, kind: str, seed: int = 7) -> Iterator[Vectors]:
    """Yield unit vectors, float32 (n, 512), some at a time."""
    rng = np.random.default_rng(seed)
    groups = np.random.default_rng(1).standard_normal((_GROUPS, 512), dtype=np.float32)
    spread = np.interp(np.arange(512), [*_SPREAD], [*_SPREAD.values()]).astype(np.float32)
    for start in range(0, faces, _PART):
        count = min(_PART, faces - start)
        part = rng.standard_normal((count, 512), dtype=np.float32)
        if kind == "joined":
            part *= np.float32(np.sqrt(1 - _GROUP_SHARE))
            part += np.float32(np.sqrt(_GROUP_SHARE)) * groups[rng.integers(0, _GROUPS, count)]
            part *= spread
            part[:, 0] += np.float32(_MEAN)
        part /= np.linalg.norm(part, axis=1, keepdims=True)
        yield part


def hard_probes(gallery: Vectors, kind: str) -> tuple[Vectors, list[int]]:
    """Return probes with a cosine of 0.46 to 0.6 to their mates, and the mates' rows."""
    rng = np.random.default_rng(8)
    mates = rng.integers(0, len(gallery), _PROBES)
    found = gallery[mates].astype(np.float64)
    other = np.concatenate([*parts(_PROBES, kind, seed=9)]).astype(np.float64)
    other -= np.einsum("ij,ij->i", other, found)[:, np.newaxis] * found
    other /= np.linalg.norm(other, axis=1, keepdims=True)
    cosines = rng.uniform(0.46, 0.6, (_PROBES, 1))
    probes = cosines * found + np.sqrt(1 - cosines**2) * other
    return probes.astype(np.float32), [int(mate) for mate in mates]


def strangers_scores(gallery: Vectors) -> tuple[float, ...]:
    """Return SCORES of these faces, float32 (n, 512)."""
    cosines = (gallery @ gallery.T)[np.triu_indices(len(gallery), 1)]
    return (
        float(cosines.mean()),
        float(cosines.std()),
        *(float(value) for value in np.quantile(cosines, [0.99, 0.999, 0.9999, 0.99999])),
    )


if __name__ == "__main__":
    print("measured", SCORES)
    for kind in KINDS:
        print(kind, [round(v, 3) for v in strangers_scores(np.concatenate([*parts(2848, kind)]))])
