"""Fitting the curve of recognizability to clean and degraded faces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from facesvc.domain.recognizability import RecognizabilityCurve
from facesvc.evaluation.calibration.observe import Faces

MIN_FACE_PX = 80  # smaller faces are no examples of clean ones
REFUSED_SHARE = 0.004  # of clean faces; the limits of blur and light refuse some more
_RIDGE = 1e-4  # keeps the weights finite where both kinds can be told apart without error


def fit_curve(clean: Faces, degraded: Mapping[str, Faces]) -> RecognizabilityCurve:
    """Return the logistic curve between clean faces of MIN_FACE_PX and degraded ones, each kind
    of degradation with the same weight, and the limit that refuses REFUSED_SHARE of the clean.
    """
    good = _inputs(clean.select(clean.width >= MIN_FACE_PX))
    kinds = [_inputs(faces) for faces in degraded.values() if len(faces)]
    bad = np.concatenate(kinds)
    share = np.concatenate([np.full(len(kind), 1.0 / len(kind) / len(kinds)) for kind in kinds])
    mean, spread = good.mean(axis=0), good.std(axis=0)

    def loss(weights: NDArray[np.float64]) -> float:
        exponents_good = (good - mean) / spread @ weights[1:] + weights[0]
        exponents_bad = (bad - mean) / spread @ weights[1:] + weights[0]
        error = np.logaddexp(0, -exponents_good).mean()
        error += (share * np.logaddexp(0, exponents_bad)).sum()
        return float(error + _RIDGE * (weights**2).sum())

    fitted = minimize(loss, np.zeros(good.shape[1] + 1)).x
    weights = fitted[1:] / spread
    curve = RecognizabilityCurve(
        weights=tuple(float(weight) for weight in weights[:-1]),
        confidence_weight=float(weights[-1]),
        offset=float(fitted[0] - (weights * mean).sum()),
        limit=0.0,
    )
    limit = float(np.quantile([curve.value(row[:-1], row[-1]) for row in good], REFUSED_SHARE))
    return replace(curve, limit=limit)


def _inputs(faces: Faces) -> NDArray[np.float64]:
    """Return the curve's inputs, float64 (n, recognizers + 1)."""
    return np.column_stack([faces.lengths, faces.confidence]).astype(np.float64)
