"""Fitting the tail of the impostors' scores: strangers, and a few pairs that are more."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

# What a thousand pairs leave open is decided by these: means and standard deviations of normal
# priors. Sums of many small likenesses have a shape near 0; relatives reach from the tail's start
# to 0.8.
_SHAPE_SPREAD = 0.1
_RELATED_SCALE, _RELATED_SPREAD = 0.15, 0.5  # of the scale's logarithm
_FIRST_SHAPES = (-0.1, 0.0, 0.05)
_FIRST_SHARE = 0.01
_LEAST_RATIO = 3.0  # of both scales: nearer, they are one
_NO_SHAPE = 1e-6  # the distribution is exponential


@dataclass(frozen=True)
class Tail:
    """``scale`` and ``shape`` of the generalised Pareto distribution of the strangers' excesses,
    and of the pairs that are more than strangers their share and the scale of an exponential one.
    """

    scale: float
    shape: float
    related_share: float
    related_scale: float


def fit_tail(excesses: NDArray[np.float64]) -> Tail:
    """Return the mixture of greatest posterior likelihood of scores' excesses over the tail's
    start, float64 (n,).
    """
    mean = float(excesses.mean())

    def loss(parameters: NDArray[np.float64]) -> float:
        scale, shape = float(np.exp(parameters[0])), float(parameters[1])
        related_scale = float(np.exp(parameters[3]))
        if related_scale < _LEAST_RATIO * scale:
            return float("inf")
        stranger = -np.logaddexp(0.0, parameters[2]) + _pareto(excesses, scale, shape)
        related = -np.logaddexp(0.0, -parameters[2]) - parameters[3] - excesses / related_scale
        prior = (shape / _SHAPE_SPREAD) ** 2
        prior += ((parameters[3] - np.log(_RELATED_SCALE)) / _RELATED_SPREAD) ** 2
        return float(prior / 2 - np.logaddexp(stranger, related).sum())

    odds = np.log(_FIRST_SHARE / (1 - _FIRST_SHARE))
    starts = [
        [np.log(min(mean, _RELATED_SCALE / _LEAST_RATIO)), shape, odds, np.log(_RELATED_SCALE)]
        for shape in _FIRST_SHAPES
    ]
    options = {"maxiter": 4000, "xatol": 1e-4, "fatol": 1e-4}
    fits = [minimize(loss, start, method="Nelder-Mead", options=options) for start in starts]
    found = min(fits, key=lambda fit: float(fit.fun)).x
    return Tail(
        scale=float(np.exp(found[0])),
        shape=float(found[1]),
        related_share=float(1.0 / (1.0 + np.exp(-found[2]))),
        related_scale=float(np.exp(found[3])),
    )


def _pareto(excesses: NDArray[np.float64], scale: float, shape: float) -> NDArray[np.float64]:
    """Return the logarithm of the density, -inf beyond the distribution's end."""
    if abs(shape) < _NO_SHAPE:
        return np.asarray(-np.log(scale) - excesses / scale, np.float64)
    base = 1.0 + shape * excesses / scale
    inside = np.log(np.maximum(base, 1e-300))
    density = -np.log(scale) - (1.0 + 1.0 / shape) * inside
    return np.asarray(np.where(base > 0, density, -np.inf), np.float64)
