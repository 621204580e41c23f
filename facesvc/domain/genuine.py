"""The scores of pairs of the same person: how many a threshold misses."""

from __future__ import annotations

import itertools
from bisect import bisect_right
from dataclasses import dataclass


@dataclass(frozen=True)
class GenuineScores:
    """What was measured on photos of the same people.

    ``curve`` holds (threshold, rate of pairs below it), rising in both, from a rate of 0 to 1;
    ``pairs`` and ``people`` are what it comes from. Raises ValueError when the numbers cannot be
    such scores.
    """

    curve: tuple[tuple[float, float], ...]
    pairs: int
    people: int

    def __post_init__(self) -> None:
        rising = all(a < c and b < d for (a, b), (c, d) in itertools.pairwise(self.curve))
        if len(self.curve) < 2 or not rising or (self.curve[0][1], self.curve[-1][1]) != (0.0, 1.0):
            raise ValueError("the genuine curve must rise, from a rate of 0 to 1")
        if self.pairs < 1 or self.people < 1:
            raise ValueError("the genuine curve needs pairs and people")

    def fnmr(self, threshold: float) -> float:
        """Return the share of pairs of the same person that do not reach the threshold."""
        if threshold <= self.curve[0][0]:
            return 0.0
        if threshold >= self.curve[-1][0]:
            return 1.0
        place = bisect_right(self.curve, threshold, key=lambda point: point[0])
        (left, low), (right, high) = self.curve[place - 1], self.curve[place]
        return low + (high - low) * (threshold - left) / (right - left)
