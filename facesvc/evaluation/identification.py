"""1:N: who is answered to a search of enrolled people and of strangers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facesvc.evaluation.intervals import Estimate, by_person
from facesvc.evaluation.templates import Templates

FPIRS = (0.003, 0.01)
SIZES = (100, 300, 1000, 2000, 3000, 5000, 10_000)
SMALL_SIZES = (50, 25)  # the largest that fits, for sets in which none of the others does
_DRAWS = 5  # random galleries for each size
_SEED = 0


@dataclass(frozen=True)
class Trial:
    """Searches of one random gallery with one photo of each of ``size`` people.

    ``strangers``: the best similarity of each photo of people who are not enrolled, float32 (m,).
    ``own``: each enrolled person's other photos' similarity to the own sample, ``best_other`` to
    the nearest other one, both float32 (k,), ``people`` int (k,) whose they are.
    """

    size: int
    strangers: NDArray[np.float32]
    own: NDArray[np.float32]
    best_other: NDArray[np.float32]
    people: NDArray[np.int64]

    def threshold_at(self, fpir: float) -> float | None:
        """Return the threshold at which that share of strangers is answered with somebody."""
        if len(self.strangers) * fpir < 1:
            return None
        ranked = np.sort(self.strangers)[::-1]
        return float(np.nextafter(ranked[int(len(ranked) * fpir)], np.float32(2)))

    def missed(self, threshold: float) -> NDArray[np.bool_]:
        """Tell which enrolled people's photos are not answered with their person first."""
        return (self.own < threshold) | (self.best_other > self.own)


@dataclass(frozen=True)
class IdentificationPoint:
    """``fnir`` at the ``threshold`` that gives ``fpir``, over the trials of one gallery size."""

    size: int
    fpir: float
    threshold: float
    fnir: Estimate


@dataclass(frozen=True)
class FixedThresholdPoint:
    """What a fixed threshold gives with ``size`` people enrolled."""

    size: int
    threshold: float
    fpir: Estimate
    fnir: Estimate


def sizes_for(templates: Templates) -> list[int]:
    """Return the gallery sizes for which enough people stay strangers."""
    people = len(np.unique(templates.people))
    most = people - max(20, people // 10)
    usual = [size for size in SIZES if size <= most]
    return usual or [size for size in SMALL_SIZES if size <= most][:1]


def trials(templates: Templates, size: int) -> list[Trial]:
    """Search random galleries; people with several photos are enrolled first."""
    random = np.random.default_rng([_SEED, size])
    return [_trial(templates, size, random) for _ in range(_DRAWS)]


def _trial(templates: Templates, size: int, random: np.random.Generator) -> Trial:
    people, counts = np.unique(templates.people, return_counts=True)
    # Half of the enrolled have further photos, where there are as many: the rest is a crowd.
    several, single = (
        random.permutation(people[counts > 1]),
        random.permutation(people[counts == 1]),
    )
    chosen = several[: (size + 1) // 2]
    chosen = np.concatenate([chosen, single[: size - len(chosen)]])
    chosen = np.concatenate([chosen, np.setdiff1d(several, chosen)[: size - len(chosen)]])
    enrolled = np.isin(templates.people, chosen)
    order = random.permutation(len(templates))
    order = order[enrolled[order]]
    _, first = np.unique(templates.people[order], return_index=True)
    samples = order[first]
    probes = np.setdiff1d(np.nonzero(enrolled)[0], samples)
    gallery = templates.embeddings[samples]
    strangers = _best(templates.embeddings[~enrolled], gallery)
    similar = templates.embeddings[probes] @ gallery.T
    mine = templates.people[probes][:, None] == templates.people[samples][None, :]
    own = similar[mine]
    similar[mine] = -2.0
    return Trial(size, strangers, own, similar.max(axis=1), templates.people[probes])


def _best(probes: NDArray[np.float32], gallery: NDArray[np.float32]) -> NDArray[np.float32]:
    blocks = [
        (probes[start : start + 1024] @ gallery.T).max(axis=1)
        for start in range(0, len(probes), 1024)
    ]
    return np.concatenate(blocks) if blocks else np.zeros(0, np.float32)


def point_at(found: Sequence[Trial], fpir: float) -> IdentificationPoint | None:
    """Return the misses at a share of answered strangers, None when too few strangers tell."""
    thresholds = [trial.threshold_at(fpir) for trial in found]
    known = [value for value in thresholds if value is not None]
    if len(known) < len(found):
        return None
    missed = [trial.missed(value) for trial, value in zip(found, known, strict=True)]
    fnir = _fnir(found, missed)
    return IdentificationPoint(found[0].size, fpir, float(np.mean(known)), fnir)


def fixed_threshold(found: Sequence[Trial], threshold: float) -> FixedThresholdPoint:
    """Return what one threshold gives for this gallery size."""
    answered = np.concatenate([trial.strangers >= threshold for trial in found])
    owners = np.arange(len(answered))
    fpir = _rate(answered, owners)
    fnir = _fnir(found, [trial.missed(threshold) for trial in found])
    return FixedThresholdPoint(found[0].size, threshold, fpir, fnir)


def _fnir(found: Sequence[Trial], missed: Sequence[NDArray[np.bool_]]) -> Estimate:
    return _rate(np.concatenate(missed), np.concatenate([trial.people for trial in found]))


def _rate(events: NDArray[np.bool_], owners: NDArray[np.int64]) -> Estimate:
    people, own = np.unique(owners, return_inverse=True)
    total = np.bincount(own, minlength=len(people)).astype(float)
    hit = np.bincount(own[events], minlength=len(people)).astype(float)
    return by_person(
        max(1, len(people)),
        len(events),
        lambda weights: (
            float(weights @ hit) / float(weights @ total)
            if len(events) and float(weights @ total)
            else float("nan")
        ),
    )
