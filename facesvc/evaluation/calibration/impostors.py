"""Fitting the impostors' scores: measured where pairs are many, extreme values beyond."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from facesvc.domain.risk import GallerySize, ImpostorScores, MeasuredRate
from facesvc.evaluation.calibration.tail import fit_tail
from facesvc.evaluation.labelled_photos import LabelError

# The tail begins where at least so many pairs are beyond, and never above the second rate.
TAIL_PAIRS = 1000
MAX_TAIL_RATE = 1e-2
LEAST_PAIRS = 10  # fewer behind a rate say nothing of it
_BODY_RATES = (0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 5e-3, 2e-3, 1e-3, 5e-4, 2e-4, 1e-4)
_MEASURED_AT = (0.3, 0.35, 0.4, 0.45, 0.5, 0.55)
_RESAMPLES = 200
_SEED = 0
_DRAWS = 20
_PEOPLE_WITH_SEVERAL = 100  # fewer do not tell what several samples of a person add
_SEVERAL = 3


def fit_impostors(embeddings: NDArray[np.float32], people: NDArray[np.int64]) -> ImpostorScores:
    """Return the model of scores between different people.

    ``embeddings`` float32 (n, 512), ``people`` int (n,). Raises LabelError when there are too
    few pairs for a tail.
    """
    first, second, scores = _highest_pairs(embeddings, people)
    counts = np.bincount(people)
    pairs = (len(people) ** 2 - int((counts.astype(np.int64) ** 2).sum())) // 2
    if pairs * MAX_TAIL_RATE < TAIL_PAIRS:
        raise LabelError(f"{pairs} pairs of different people are too few for a tail.")
    rate = max(TAIL_PAIRS / pairs, _BODY_RATES[-1])
    start = float(scores[round(rate * pairs)])
    beyond = scores[scores > start].astype(np.float64) - start
    tail = fit_tail(beyond)
    body = _body(embeddings, people, scores, pairs, rate, start)
    scores_model = ImpostorScores(
        body=body,
        scale=tail.scale,
        shape=tail.shape,
        dispersion=1.0,
        samples_exponent=1.0,
        least_fmr=min(LEAST_PAIRS / pairs, rate),
        measured=_measured(first, second, scores, people, pairs),
        related_share=tail.related_share,
        related_scale=tail.related_scale,
    )
    exponent = _samples_exponent(embeddings, people, start)
    dispersion = _dispersion(scores_model, embeddings, people)
    return replace(scores_model, dispersion=dispersion, samples_exponent=exponent)


def _highest_pairs(
    embeddings: NDArray[np.float32], people: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Return the pairs of different people with the highest scores, highest first."""
    rows, columns, values = [], [], []
    cut = -1.0
    for at in range(0, len(people), 512):
        block = embeddings[at : at + 512] @ embeddings.T
        block[people[at : at + 512, None] == people[None]] = -2.0
        block[np.arange(at, at + len(block))[:, None] >= np.arange(len(people))[None]] = -2.0
        if at == 0:  # enough pairs are above it, few enough to keep
            cut = float(np.quantile(block[block > -2.0], 1 - 2 * MAX_TAIL_RATE))
        row, column = np.nonzero(block > cut)
        rows.append(row + at)
        columns.append(column)
        values.append(block[row, column])
    scores = np.concatenate(values)
    order = np.argsort(-scores)
    return np.concatenate(rows)[order], np.concatenate(columns)[order], scores[order]


def _body(
    embeddings: NDArray[np.float32],
    people: NDArray[np.int64],
    highest: NDArray[np.float32],
    pairs: int,
    rate: float,
    start: float,
) -> tuple[tuple[float, float], ...]:
    """Return (threshold, rate) down to where the tail begins."""
    random = np.random.default_rng(_SEED)
    one, other = random.integers(0, len(people), (2, 400_000))
    different = people[one] != people[other]
    middle = np.einsum("ij,ij->i", embeddings[one[different]], embeddings[other[different]])
    points = [(-1.0, 1.0)]
    for wanted in _BODY_RATES:
        if wanted <= rate:
            break
        rank = round(wanted * pairs)
        known = rank < len(highest)
        at = float(highest[rank]) if known else float(np.quantile(middle, 1 - wanted))
        if at > points[-1][0]:
            points.append((at, wanted))
    return (*[point for point in points if point[0] < start], (start, rate))


def _measured(
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    scores: NDArray[np.float32],
    people: NDArray[np.int64],
    pairs: int,
) -> tuple[MeasuredRate, ...]:
    """Return the rates with their intervals: whole people are drawn, as pairs share them."""
    random = np.random.default_rng(_SEED)
    counts = np.bincount(people).astype(float)
    draws = random.multinomial(len(counts), np.full(len(counts), 1 / len(counts)), _RESAMPLES)
    totals = [((counts * d).sum() ** 2 - ((counts * d) ** 2).sum()) / 2 for d in draws]
    rates = []
    for threshold in _MEASURED_AT:
        hit = scores >= threshold
        if not scores[-1] < threshold or not hit.any():
            continue
        one, other = people[first[hit]], people[second[hit]]
        sampled = [
            float((draw[one] * draw[other]).sum() / total)
            for draw, total in zip(draws, totals, strict=True)
        ]
        low, high = np.percentile(sampled, [2.5, 97.5])
        rates.append(MeasuredRate(threshold, float(hit.sum() / pairs), float(low), float(high)))
    return tuple(rates)


def _samples_exponent(
    embeddings: NDArray[np.float32], people: NDArray[np.int64], start: float
) -> float:
    """Return how a stranger's chances grow with the samples of a user: 1 where the photos do
    not tell, which is the careful end.
    """
    counts = np.bincount(people)
    several = np.flatnonzero(counts >= _SEVERAL)
    if len(several) < _PEOPLE_WITH_SEVERAL:
        return 1.0
    random = np.random.default_rng(_SEED)
    strangers = embeddings[~np.isin(people, several)]
    hits = np.zeros(2)
    for _ in range(_DRAWS):
        own = [random.permutation(np.flatnonzero(people == person)) for person in several]
        for place, samples in enumerate((1, _SEVERAL)):
            gallery = embeddings[np.concatenate([photos[:samples] for photos in own])]
            hits[place] += ((strangers @ gallery.T).max(axis=1) >= start).mean() / _DRAWS
    if hits[0] <= 0:
        return 1.0
    chances = -np.log1p(-np.minimum(hits, 1 - 1e-9))
    return float(np.clip(np.log(chances[1] / chances[0]) / np.log(_SEVERAL), 0.0, 1.0))


def _dispersion(
    scores: ImpostorScores, embeddings: NDArray[np.float32], people: NDArray[np.int64]
) -> float:
    """Return the dispersion that fits how many strangers are answered in random galleries."""
    random = np.random.default_rng(_SEED)
    everybody = np.unique(people)
    size = len(everybody) // 2
    rates = np.zeros((2, 0))
    for _ in range(_DRAWS):
        enrolled = np.isin(people, random.permutation(everybody)[:size])
        order = random.permutation(np.flatnonzero(enrolled))
        _, places = np.unique(people[order], return_index=True)
        best = (embeddings[~enrolled] @ embeddings[order[places]].T).max(axis=1)
        at = np.quantile(best, [0.5, 0.7, 0.8, 0.9, 0.95])
        measured = np.array([(best >= threshold).mean() for threshold in at])
        rates = np.hstack([rates, np.array([at, measured])])

    def loss(parameter: NDArray[np.float64]) -> float:
        trial = replace(scores, dispersion=float(np.exp(parameter[0])))
        gallery = GallerySize(size, size)
        predicted = np.array([trial.fpir(float(at), gallery) for at in rates[0]])
        return float(((np.log(predicted) - np.log(rates[1])) ** 2).mean())

    found = minimize(loss, [1.0], method="Nelder-Mead").x[0]
    return float(np.exp(np.clip(found, -2.0, 6.0)))
