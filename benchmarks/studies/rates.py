"""Error rates of embeddings of labelled photos, all pairs of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Labels = NDArray[np.str_]

GALLERY, REPEATS, FPIR = 1000, 10, 0.01


@dataclass(frozen=True)
class Rates:
    """``tar`` maps a false match rate to (true accept rate, threshold). ``fnir`` is at FPIR 0.01
    with one photo for each of 1,000 people, ``answered`` the share of strangers who reach 0.45
    there, both as means of ten draws.
    """

    tar: dict[float, tuple[float, float]]
    fnir: float
    answered: float


def measure(vectors: Vectors, labels: Labels, rates: tuple[float, ...] = (1e-4, 1e-5)) -> Rates:
    """Return the rates of unit vectors (n, m), a label each."""
    genuine, impostor, pairs = _pairs(vectors, labels)
    tar = {}
    for rate in rates:
        threshold = float(impostor[round(pairs * rate) - 1])
        tar[rate] = (float((genuine >= threshold).mean()), threshold)
    return Rates(tar, *_search(vectors, labels))


def _pairs(vectors: Vectors, labels: Labels) -> tuple[Vectors, Vectors, int]:
    """Return the genuine scores, the highest impostor scores, falling, and how many impostor
    pairs there are.
    """
    count, genuine, impostor = len(vectors), [], []
    for start in range(0, count, 1024):
        rows = np.arange(start, min(count, start + 1024))
        scores = vectors[rows] @ vectors.T
        upper = np.arange(count)[None] > rows[:, None]
        same = labels[rows, None] == labels[None]
        genuine.append(scores[same & upper])
        high = scores[~same & upper]
        impostor.append(high[high > 0.2])
    found = np.concatenate(genuine)
    return found, np.sort(np.concatenate(impostor))[::-1], count * (count - 1) // 2 - len(found)


def _search(vectors: Vectors, labels: Labels) -> tuple[float, float]:
    """Return FNIR at FPIR 0.01, and the share of strangers who reach 0.45."""
    random, people = np.random.default_rng(0), np.unique(labels)
    photos = {person: np.flatnonzero(labels == person) for person in people}
    missed, answered = [], []
    for _ in range(REPEATS):
        enrolled = random.choice(people, GALLERY, replace=False)
        gallery, probes, owners = [], [], []
        for number, person in enumerate(enrolled):
            first, *rest = random.permutation(photos[person])
            gallery.append(first)
            probes += rest
            owners += [number] * len(rest)
        others = np.setdiff1d(people, enrolled)
        strangers = [random.choice(photos[person]) for person in others]
        best = (vectors[strangers] @ vectors[gallery].T).max(axis=1)
        scores = vectors[probes] @ vectors[gallery].T
        right = scores.argmax(axis=1) == np.array(owners)
        found = right & (scores.max(axis=1) >= np.quantile(best, 1 - FPIR))
        missed.append(1 - found.mean())
        answered.append((best >= 0.45).mean())
    return float(np.mean(missed)), float(np.mean(answered))
