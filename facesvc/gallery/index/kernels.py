"""Dot products of many rows, with proven bounds of their errors.

float32: |computed - exact| <= gamma * |x| * |y| for any order of summation, where
gamma = n u / (1 - n u), u = 2**-24 (Higham, Accuracy and Stability of Numerical Algorithms,
2nd edition, equation 3.5). int8: the products and sums are exact integers, so only the
rounding to codes counts: with x = s a + r and p = t b + q (r, q the residuals),
|x.p - s t (a.b)| = |r.(t b) + x.q| <= |r| |t b| + |x| |q| by Cauchy-Schwarz.

Where embeddings hold their most telling numbers first (a pack with a projection does), the codes
of the first FIRST numbers rule out most rows, and those of the first NARROW all but a few: what x
and p have beyond them adds at most the product of the two lengths there.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
import simsimd
from numpy.typing import NDArray

from facesvc.domain.embedding import NORM_TOLERANCE
from facesvc.domain.faces import EMBEDDING_SIZE
from facesvc.domain.similarity import SAME

FIRST = 128  # numbers of narrow rows that every search reads; a quarter of the bytes
NARROW = 256  # numbers of narrow rows that are coded
# The greatest length beyond NARROW of rows that are coded by their first numbers alone. The joined
# recognizers' embeddings have at most 0.18 there, random directions 0.7.
NARROW_REST = 0.3
CODE_MAX = 127  # symmetric int8, so that a dot product stays below 2**24 and exact in float32
_UNIT_ROUNDOFF = 2.0**-24
_GAMMA = EMBEDDING_SIZE * _UNIT_ROUNDOFF / (1 - EMBEDDING_SIZE * _UNIT_ROUNDOFF)
MAX_NORM = 1 + NORM_TOLERANCE
# The scaling of an int8 score, the bound itself and comparisons round too: a few units of
# float32 at magnitude 1. Two orders of magnitude more than that changes no measurement.
SLACK = 1e-5
FLOAT_ERROR = _GAMMA * MAX_NORM * MAX_NORM + SLACK


@dataclass(frozen=True)
class Codes:
    """Rows as int8 (n, width) codes times float32 (n,) scales; ``residual`` is the largest
    length of what a row's first ``width`` numbers lost, ``first_residual`` of what its first FIRST
    ones did, ``rest`` that of the numbers beyond the width, and ``beyond`` float32 (n,) the lengths
    beyond the first FIRST numbers or a little more, for narrow rows alone.
    """

    codes: NDArray[np.int8]
    scales: NDArray[np.float32]
    residual: float
    first_residual: float
    rest: float
    beyond: NDArray[np.float32]


@dataclass(frozen=True)
class CodedProbe:
    """One probe as Codes are, int8 (1, width) codes."""

    codes: NDArray[np.int8]
    scale: np.float32
    residual: float
    first_residual: float
    rest: float
    beyond: float


def first_of(width: int) -> int:
    """Return how many of the coded numbers every search reads."""
    return FIRST if width == NARROW else width


def rest_of(rows: NDArray[np.float32], width: int = NARROW) -> float:
    """Return an upper bound of the lengths of float32 (n, 512) rows beyond their first numbers."""
    if len(rows) == 0 or width == EMBEDDING_SIZE:
        return 0.0
    return float(_lengths(rows[:, width:]).max())


def quantise(rows: NDArray[np.float32], width: int = EMBEDDING_SIZE) -> Codes:
    """Code the first ``width`` numbers of float32 (n, 512) rows, each row by its own largest."""
    if len(rows) == 0:
        nothing = np.empty(0, np.float32)
        return Codes(np.empty((0, width), np.int8), nothing, 0.0, 0.0, 0.0, nothing)
    rest = rest_of(rows, width)
    beyond = _lengths(rows[:, FIRST:]) if width == NARROW else np.empty(0, np.float32)
    rows = rows[:, :width]
    peaks = np.maximum(rows.max(axis=1), -rows.min(axis=1))
    scales = np.maximum(peaks / CODE_MAX, _UNIT_ROUNDOFF).astype(np.float32)
    scaled = rows / scales[:, np.newaxis]
    rounded = np.rint(scaled, out=scaled)
    codes = rounded.astype(np.int8)
    restored = np.multiply(rounded, scales[:, np.newaxis], out=rounded)
    lost = np.subtract(rows, restored, out=restored)
    residual = float(_lengths(lost).max())
    first_residual = float(_lengths(lost[:, :FIRST]).max()) if width == NARROW else residual
    return Codes(codes, scales, residual, first_residual, rest, beyond)


def quantise_probe(probe: NDArray[np.float32], width: int) -> CodedProbe:
    """Code float32 (512,), as quantise does rows, in a third of the time of one row."""
    first = probe[:width]
    scale = np.float32(max(float(np.abs(first).max()) / CODE_MAX, _UNIT_ROUNDOFF))
    rounded = np.rint(first / scale)
    lost = first - rounded * scale
    return CodedProbe(
        rounded.astype(np.int8)[np.newaxis],
        scale,
        _length(lost),
        _length(lost[:FIRST]),
        _length(probe[width:]),
        _length(probe[FIRST:]),
    )


def int8_error(row_residual: float, probe_residual: float, rests: float = 0.0) -> float:
    """Return the bound for rows and a probe whose codes lost at most these lengths; ``rests`` is
    the product of their lengths beyond the codes' width.
    """
    return row_residual * (MAX_NORM + probe_residual) + MAX_NORM * probe_residual + rests + SLACK


def int8_dots(probes: NDArray[np.int8], rows: NDArray[np.int8]) -> NDArray[np.float32]:
    """Return the exact dot products of int8 (m, width) and (n, width) as float32 (m, n)."""
    return _dots(probes, rows)


def float_dots(probes: NDArray[np.float32], rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return dot products of float32 (m, 512) and (n, 512), each within FLOAT_ERROR."""
    return _dots(probes, rows)


def exact_similarities(
    probe: NDArray[np.float32], rows: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the cosines of one probe and float32 (n, 512) rows: summed in float64 and rounded
    once, so that a score depends neither on the path nor on the neighbours of its row. The same
    vector has 1.
    """
    sums = np.einsum("ij,j->i", rows.astype(np.float64), probe.astype(np.float64))
    sums[sums >= SAME] = 1.0  # and np.clip takes four times as long on a few rows
    np.maximum(sums, -1.0, out=sums)
    cosines: NDArray[np.float32] = sums.astype(np.float32)
    return cosines


@functools.cache
def int8_is_exact() -> bool:
    """Tell whether this processor's int8 kernel sums without saturating, on the worst rows."""
    extremes = np.full((3, EMBEDDING_SIZE), CODE_MAX, np.int8)
    extremes[1] = -CODE_MAX
    extremes[2, ::2] = -CODE_MAX
    wide = extremes.astype(np.int64)
    return bool(np.array_equal(int8_dots(extremes, extremes), wide @ wide.T))


def _lengths(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return upper bounds of the lengths of float32 (n, at most 512) rows."""
    squares = np.einsum("ij,ij->i", rows, rows)
    # Squares are summed within _GAMMA of themselves, their root within half of it.
    return np.asarray(np.sqrt(squares) * np.float32(1 + _GAMMA), np.float32)


def _length(numbers: NDArray[np.float32]) -> float:
    """Return an upper bound of the length of float32 (at most 512,)."""
    return math.sqrt(float(np.dot(numbers, numbers))) * (1 + _GAMMA)


def _dots(
    probes: NDArray[np.int8] | NDArray[np.float32], rows: NDArray[np.int8] | NDArray[np.float32]
) -> NDArray[np.float32]:
    scores: NDArray[np.float32] = np.asarray(
        simsimd.cdist(probes, rows, "dot", out_dtype="float32")
    )
    return scores
