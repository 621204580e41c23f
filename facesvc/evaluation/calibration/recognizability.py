"""Fitting the curve of recognizability to clean and degraded faces."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import logit

from facesvc.domain.recognizability import RecognizabilityCurve
from facesvc.domain.recognizable import (
    MAX_BLUR,
    MAX_OVEREXPOSED,
    MIN_BRIGHTNESS,
    MIN_EYE_CONTRAST,
)
from facesvc.evaluation.calibration.kept_faces import Faces

MIN_FACE_PX = 80  # smaller faces are no examples of clean ones
REFUSED_SHARE = 0.009  # of clean faces, by all limits together
UNSURE_SHARE = 0.05  # of clean faces; hardly a face on its head is found with more confidence
_NO_SPREAD = 1e-12  # a column that is the same for all has none to divide by
_RIDGE = 1e-4  # keeps the weights finite where both kinds can be told apart without error


def fit_curve(clean: Faces, degraded: Mapping[str, Faces]) -> RecognizabilityCurve:
    """Return the logistic curve between clean faces of MIN_FACE_PX and degraded ones, each kind
    of degradation with the same weight, and the limit that refuses REFUSED_SHARE of the clean.

    No weight is negative: a longer vector, or a surer detector, is never a sign of less identity.
    A fit that may say so tells the spoilt photos that it has seen apart a little better, and ranks
    whole ones worse.
    """
    return _fitted(clean, degraded, _inputs)


def fit_crop_curve(
    clean: Faces, degraded: Mapping[str, Faces], curve: RecognizabilityCurve
) -> RecognizabilityCurve:
    """Return the curve of aligned crops, whose confidence no detector tells: of the lengths
    alone, moved so that the limit of ``curve`` refuses REFUSED_SHARE of the clean by this one, too.
    """

    def lengths(faces: Faces) -> NDArray[np.float64]:
        return np.column_stack([faces.lengths, np.zeros(len(faces))])

    alone = _fitted(clean, degraded, lengths)
    moved = alone.offset + float(logit(curve.limit) - logit(alone.limit))
    return replace(alone, confidence_weight=0.0, offset=moved, limit=curve.limit)


def _fitted(
    clean: Faces,
    degraded: Mapping[str, Faces],
    inputs: Callable[[Faces], NDArray[np.float64]],
) -> RecognizabilityCurve:
    large = clean.select(clean.width >= MIN_FACE_PX)
    good = inputs(large)
    kinds = [inputs(faces) for faces in degraded.values() if len(faces)]
    bad = np.concatenate(kinds)
    share = np.concatenate([np.full(len(kind), 1.0 / len(kind) / len(kinds)) for kind in kinds])
    mean, spread = good.mean(axis=0), good.std(axis=0) + _NO_SPREAD

    def loss(weights: NDArray[np.float64]) -> float:
        exponents_good = (good - mean) / spread @ weights[1:] + weights[0]
        exponents_bad = (bad - mean) / spread @ weights[1:] + weights[0]
        error = np.logaddexp(0, -exponents_good).mean()
        error += (share * np.logaddexp(0, exponents_bad)).sum()
        return float(error + _RIDGE * (weights**2).sum())

    bounds = [(None, None), *[(0.0, None)] * good.shape[1]]  # the first is the offset
    start = np.zeros(good.shape[1] + 1)
    fitted = minimize(loss, start, method="L-BFGS-B", bounds=bounds).x
    weights = fitted[1:] / spread
    curve = RecognizabilityCurve(
        weights=tuple(float(weight) for weight in weights[:-1]),
        confidence_weight=float(weights[-1]),
        offset=float(fitted[0] - (weights * mean).sum()),
        limit=0.0,
    )
    values = np.array([curve.value(row[:-1], row[-1]) for row in good])
    passing = values[~spoilt_to_see(large)]
    left = REFUSED_SHARE - (1.0 - len(passing) / len(good))
    return replace(curve, limit=float(np.quantile(passing, max(left, 0.0))))


def sure_confidence(clean: Faces) -> float:
    """Return the confidence that UNSURE_SHARE of the clean faces do not reach."""
    large = clean.select(clean.width >= MIN_FACE_PX)
    return float(np.quantile(large.confidence, UNSURE_SHARE))


def spoilt_to_see(faces: Faces) -> NDArray[np.bool_]:
    """Tell which faces the limits of blur and light refuse, whatever the recognizer says."""
    seen = (faces.blur > MAX_BLUR) | (faces.brightness < MIN_BRIGHTNESS)
    seen |= (faces.overexposed > MAX_OVEREXPOSED) | (faces.eye_contrast < MIN_EYE_CONTRAST)
    return np.asarray(seen, np.bool_)


def _inputs(faces: Faces) -> NDArray[np.float64]:
    """Return the curve's inputs, float64 (n, recognizers + 1)."""
    return np.column_stack([faces.lengths, faces.confidence]).astype(np.float64)
