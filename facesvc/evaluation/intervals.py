"""Intervals that say how far a figure can be trusted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

LEVEL = 0.95
RESAMPLES = 300
SEED = 0


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval and the number of trials behind it."""

    value: float
    low: float
    high: float
    trials: int


def proportion(events: int, trials: int) -> Estimate:
    """Return the exact (Clopper-Pearson) interval of independent trials; (0, 1) of none."""
    if trials == 0:
        return Estimate(float("nan"), 0.0, 1.0, 0)
    tail = (1.0 - LEVEL) / 2.0
    low = float(beta.ppf(tail, events, trials - events + 1)) if events else 0.0
    high = float(beta.ppf(1 - tail, events + 1, trials - events)) if events < trials else 1.0
    return Estimate(events / trials, low, high, trials)


def by_person(
    people: int, trials: int, measure: Callable[[NDArray[np.float64]], float]
) -> Estimate:
    """Return the bootstrap interval over people: comparisons that share a person are not
    independent, so whole people are drawn. ``measure`` takes each person's weight, float64
    (people,), the ones for the figure itself.
    """
    value = measure(np.ones(people))
    random = np.random.default_rng(SEED)
    draws = [
        measure(np.bincount(random.integers(0, people, people), minlength=people).astype(float))
        for _ in range(RESAMPLES)
    ]
    tail = 100.0 * (1.0 - LEVEL) / 2.0
    finite = [draw for draw in draws if np.isfinite(draw)] or [value]
    low, high = np.percentile(finite, [tail, 100.0 - tail])
    return Estimate(value, float(low), float(high), trials)
