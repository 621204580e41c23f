"""From a threshold to the risk of a false match, and back: the tail of the impostor scores.

A fixed threshold is right for one gallery size only: each enrolled person is one more chance for
a stranger to be taken for somebody. docs/risk.md has the model's formulas and how far its
predictions were from what was measured.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass

_STEPS = 40  # halvings of the range of cosines: to 2e-12


@dataclass(frozen=True)
class GallerySize:
    """``users`` enrolled, and their ``samples`` together."""

    users: int
    samples: int


@dataclass(frozen=True)
class MeasuredRate:
    """The false match rate measured at a threshold, with its 95 % interval over people."""

    threshold: float
    fmr: float
    low: float
    high: float


@dataclass(frozen=True)
class ImpostorScores:
    """The scores of pairs of different people: measured where pairs are many, and beyond that
    the generalised Pareto distribution (peaks over a threshold) that fits the highest, with a
    few pairs that are more than strangers: twins, sisters, wrong labels.

    ``body`` holds (threshold, rate) from a rate of 1 downwards; its last point is where the tail
    begins, with ``scale`` and ``shape``; ``related_share`` of the pairs beyond it follow an
    exponential distribution of ``related_scale`` instead. ``dispersion`` is the shape of the gamma
    distribution of the rate over probes: some strangers look like many. ``samples_exponent`` says
    how the chances grow with the samples of a user, 1 when each is as good as another user.
    ``least_fmr`` is the rate below which too few pairs were seen. ``measured`` are rates for
    people to compare with. Raises ValueError when the numbers cannot be such scores.
    """

    body: tuple[tuple[float, float], ...]
    scale: float
    shape: float
    dispersion: float
    samples_exponent: float
    least_fmr: float
    measured: tuple[MeasuredRate, ...] = ()
    related_share: float = 0.0
    related_scale: float = 1.0

    def __post_init__(self) -> None:
        thresholds = [point[0] for point in self.body]
        rates = [point[1] for point in self.body]
        falling = all(a > b for a, b in itertools.pairwise(rates))
        rising = all(a < b for a, b in itertools.pairwise(thresholds))
        if len(self.body) < 2 or not falling or not rising or rates[0] != 1.0 or rates[-1] <= 0.0:
            raise ValueError("body must rise in threshold and fall in rate, from 1")
        if not (self.scale > 0 and self.dispersion > 0 and 0 <= self.samples_exponent <= 1):
            raise ValueError("scale, dispersion or samples_exponent is out of range")
        if not 0 < self.least_fmr <= rates[-1] or not math.isfinite(self.shape):
            raise ValueError("least_fmr or shape is out of range")
        if not (0.0 <= self.related_share < 1.0 and self.related_scale > 0.0):
            raise ValueError("related_share or related_scale is out of range")

    def fmr(self, threshold: float) -> float:
        """Return the share of pairs of different people that reach the threshold."""
        start, rate = self.body[-1]
        if threshold >= start:
            return rate * self._beyond(threshold - start)
        if threshold <= self.body[0][0]:
            return 1.0
        place = bisect_left(self.body, (threshold,))
        (left, high), (right, low) = self.body[place - 1], self.body[place]
        share = (threshold - left) / (right - left)
        return math.exp((1 - share) * math.log(high) + share * math.log(low))

    def fmr_of_user(self, threshold: float, samples: int) -> float:
        """Return the chance that a stranger's photo reaches it with one user's best sample."""
        chances = max(samples, 1) ** self.samples_exponent
        return -math.expm1(chances * math.log1p(-min(self.fmr(threshold), 1.0 - 1e-12)))

    def fpir(self, threshold: float, gallery: GallerySize) -> float:
        """Return the share of strangers' searches that are answered with somebody."""
        if gallery.users <= 0:
            return 0.0
        each = max(gallery.samples / gallery.users, 1.0) ** self.samples_exponent
        expected = gallery.users * each * self.fmr(threshold)
        # A Poisson number of false matches whose mean is gamma distributed over the probes.
        return -math.expm1(-self.dispersion * math.log1p(expected / self.dispersion))

    def threshold_for_fmr(self, target: float, samples: int = 1) -> float:
        """Return the least threshold whose false match rate is at most the target."""
        return _least(lambda threshold: self.fmr_of_user(threshold, samples) <= target)

    def threshold_for_fpir(self, target: float, gallery: GallerySize) -> float:
        """Return the least threshold at which at most that share of strangers is answered."""
        return _least(lambda threshold: self.fpir(threshold, gallery) <= target)

    @property
    def highest_threshold(self) -> float:
        """The threshold of ``least_fmr``: beyond it the photos say nothing."""
        return _least(lambda threshold: self.fmr(threshold) <= self.least_fmr)

    def _beyond(self, excess: float) -> float:
        """Return the share of the tail's pairs that exceed its start by so much."""
        related = self.related_share * math.exp(-excess / self.related_scale)
        return related + (1.0 - self.related_share) * self._strangers_beyond(excess)

    def _strangers_beyond(self, excess: float) -> float:
        if abs(self.shape) < 1e-9:
            return math.exp(-excess / self.scale)
        base = 1.0 + self.shape * excess / self.scale
        return 0.0 if base <= 0.0 else float(base ** (-1.0 / self.shape))


def _least(is_enough: Callable[[float], bool]) -> float:
    """Return the least threshold that is enough, 1 when none is."""
    low, high = -1.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if is_enough(middle):
            high = middle
        else:
            low = middle
    return high
