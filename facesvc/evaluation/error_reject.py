"""Does quality know which photos will fail? Error against the share of photos set aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facesvc.evaluation.templates import Templates
from facesvc.evaluation.verification import compare_all

SHARES = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2)


@dataclass(frozen=True)
class RejectPoint:
    """``fnmr`` at the false match rate asked for, once the worst ``share`` of photos is gone."""

    measure: str
    share: float
    limit: float
    fnmr: float


def error_reject_curves(templates: Templates, fmr: float) -> list[RejectPoint]:
    """Return a curve for the quality score and, where it was told, for recognizability."""
    curves = _curve(templates, "score", templates.score, fmr)
    if len(templates) and templates.recognizability.min() >= 0:
        curves += _curve(templates, "recognizability", templates.recognizability, fmr)
    return curves


def _curve(
    templates: Templates, measure: str, values: NDArray[np.float64], fmr: float
) -> list[RejectPoint]:
    points: list[RejectPoint] = []
    ranked = np.argsort(values, kind="stable")
    for share in SHARES:
        keep = np.ones(len(templates), bool)
        keep[ranked[: round(share * len(templates))]] = False
        comparisons = compare_all(templates.select(keep))
        threshold = comparisons.threshold_at(fmr)
        scores = comparisons.genuine.scores
        if threshold is not None and len(scores):
            missed = float((scores < threshold).mean())
            points.append(RejectPoint(measure, share, float(values[keep].min()), missed))
    return points


def measures(points: Sequence[RejectPoint]) -> list[str]:
    """Return the measures that have a curve."""
    return sorted({point.measure for point in points})
