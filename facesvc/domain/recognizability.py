"""How much identity a face carries, from the lengths of its vectors before normalisation and the
detector's confidence.

A recognizer that was trained on normalised vectors gives short ones where it sees nothing of
what it learned: blurred, dark, upside-down faces and things that are no faces.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

_STEEPEST = 500.0  # exp overflows beyond 709


@dataclass(frozen=True)
class RecognizabilityCurve:
    """A logistic curve fitted to clean and degraded photos of faces: how likely such a face is a
    clean one, where both kinds are equally frequent.

    ``weights`` has one number a recognizer, ``confidence_weight`` is the detector's.
    ``limit`` is the value below which a face is not recognizable. Raises ValueError when a number
    cannot be meant.
    """

    weights: tuple[float, ...]
    confidence_weight: float
    offset: float
    limit: float

    def __post_init__(self) -> None:
        if not self.weights or not all(
            map(math.isfinite, (*self.weights, self.confidence_weight, self.offset))
        ):
            raise ValueError("recognizability needs finite weights and a finite offset")
        if not 0.0 <= self.limit <= 1.0:
            raise ValueError("recognizability's limit is outside 0 to 1")

    def value(self, lengths: Sequence[float], confidence: float) -> float:
        """Return the recognizability, 0 to 1, of vectors of these lengths."""
        if len(lengths) != len(self.weights):
            raise ValueError(f"{len(lengths)} lengths for {len(self.weights)} weights")
        exponent = self.offset + self.confidence_weight * confidence
        exponent += sum(w * x for w, x in zip(self.weights, lengths, strict=True))
        return 1.0 / (1.0 + math.exp(-min(max(exponent, -_STEEPEST), _STEEPEST)))
