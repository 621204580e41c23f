"""1:1: how often two photos of one person do not match, and of two people do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facesvc.evaluation.intervals import Estimate, by_person
from facesvc.evaluation.templates import Templates

BINS = 20_001  # cosines from -1 to 1 in steps of 0.0001
FMRS = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
_MIN_FALSE_MATCHES = 10  # a rate of fewer is not measured: its interval would span a factor of 3


@dataclass(frozen=True)
class Genuine:
    """Cosines of pairs of one person, float32 (n,), and each pair's person, int (n,)."""

    scores: NDArray[np.float32]
    people: NDArray[np.int64]


@dataclass(frozen=True)
class Comparisons:
    """Every comparison: the genuine pairs one by one, the impostors as a histogram of BINS
    cosines, int64 (BINS,).
    """

    genuine: Genuine
    impostors: NDArray[np.int64]

    def fmr(self, threshold: float) -> float:
        """Return the share of impostor pairs at or above a threshold."""
        total = int(self.impostors.sum())
        return float(self.impostors[bin_of(threshold) :].sum()) / total if total else float("nan")

    def threshold_at(self, fmr: float) -> float | None:
        """Return the least threshold with at most that rate, None when too few pairs tell."""
        total = int(self.impostors.sum())
        if total * fmr < _MIN_FALSE_MATCHES:
            return None
        above = np.cumsum(self.impostors[::-1])[::-1]  # at or above each bin
        return cosine_of(int(np.argmax(above <= total * fmr)))


@dataclass(frozen=True)
class OperatingPoint:
    """``tar`` is the share of genuine pairs that match at the threshold."""

    fmr: float
    threshold: float
    tar: Estimate


def bin_of(cosine: float) -> int:
    """Return the first bin whose cosines are all at or above one."""
    return int(np.clip(np.ceil((cosine + 1.0) * (BINS - 1) / 2.0 - 1e-6), 0, BINS - 1))


def cosine_of(number: int) -> float:
    """Return the least cosine of a bin."""
    return number * 2.0 / (BINS - 1) - 1.0


def compare_all(templates: Templates) -> Comparisons:
    """Compare every photo with every other one."""
    impostors = np.zeros(BINS, np.int64)
    scores, people = [], []
    for start, block in templates.similarity_blocks():
        rows = np.arange(start, start + len(block))
        later = np.arange(len(templates))[None, :] > rows[:, None]
        same = templates.people[rows][:, None] == templates.people[None, :]
        impostors += histogram(block[later & ~same])
        first, _ = np.nonzero(later & same)
        scores.append(block[later & same])
        people.append(templates.people[rows[first]])
    return Comparisons(Genuine(np.concatenate(scores), np.concatenate(people)), impostors)


def compare_pairs(templates: Templates, pairs: Sequence[tuple[int, int, bool]]) -> Comparisons:
    """Compare the listed pairs; those with a photo without a face count as not compared."""
    place = {int(row): index for index, row in enumerate(templates.rows)}
    listed = [(place[a], place[b], same) for a, b, same in pairs if a in place and b in place]
    first, second, same = (np.array(column) for column in zip(*listed, strict=True))
    cosines = np.einsum("ij,ij->i", templates.embeddings[first], templates.embeddings[second])
    own = same.astype(bool)
    return Comparisons(
        Genuine(cosines[own], templates.people[first[own]]), histogram(cosines[~own])
    )


def histogram(cosines: NDArray[np.float32]) -> NDArray[np.int64]:
    """Count cosines into BINS, each into the bin just below it."""
    bins = np.floor((cosines.astype(np.float64) + 1.0) * (BINS - 1) / 2.0).astype(np.int64)
    return np.bincount(np.clip(bins, 0, BINS - 1), minlength=BINS)


def true_accept_rate(genuine: Genuine, threshold: float) -> Estimate:
    """Return the share of genuine pairs at or above the threshold, by bootstrap over people."""
    people, own = np.unique(genuine.people, return_inverse=True)
    pairs = np.bincount(own, minlength=len(people)).astype(float)
    accepted = np.bincount(own[genuine.scores >= threshold], minlength=len(people)).astype(float)

    def rate(weights: NDArray[np.float64]) -> float:
        total = float(weights @ pairs)
        return float(weights @ accepted) / total if total else float("nan")

    return by_person(len(people), len(genuine.scores), rate)


def operating_points(comparisons: Comparisons) -> list[OperatingPoint]:
    """Return the true accept rate at each false match rate that the pairs can tell."""
    points = []
    for fmr in FMRS:
        threshold = comparisons.threshold_at(fmr)
        if threshold is not None and len(comparisons.genuine.scores):
            tar = true_accept_rate(comparisons.genuine, threshold)
            points.append(OperatingPoint(fmr, threshold, tar))
    return points


def curve(comparisons: Comparisons) -> list[tuple[float, float, float]]:
    """Return (threshold, FMR, FNMR) for each hundredth: ROC and DET are drawn from it."""
    genuine = np.sort(comparisons.genuine.scores)
    points = []
    for hundredth in range(-20, 101):
        threshold = hundredth / 100.0
        missed = float(np.searchsorted(genuine, threshold, side="left")) / max(1, len(genuine))
        points.append((threshold, comparisons.fmr(threshold), missed))
    return points


def equal_error_rate(comparisons: Comparisons) -> float:
    """Return the rate at which false matches are as frequent as false non-matches."""
    total = comparisons.impostors.sum()
    fmr = np.cumsum(comparisons.impostors[::-1])[::-1] / max(1, total)
    counts = histogram(comparisons.genuine.scores)
    fnmr = (np.cumsum(counts) - counts) / max(1, counts.sum())
    crossing = int(np.argmax(fmr <= fnmr))
    return float(max(fmr[crossing], fnmr[crossing]))
