"""From YuNet's outputs to faces: rows below the threshold are dropped before any decoding.

YuNet (libfacedetection, Wu et al. 2023) has no anchors: each cell of three grids gives the
probability of a face and how well it stands for one, an offset to the face's centre, the
logarithm of its size and five points, all in units of the grid's stride.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from facesvc.engine.kernels.scrfd_decode import suppress

STRIDES = (8, 16, 32)
LEVELS = len(STRIDES)
OUTPUTS = 4 * LEVELS  # classes, objectness, boxes, landmarks
_CLOSE = 0.999  # more than the square root's rounding

Floats = NDArray[np.float32]


def decode(
    outputs: Sequence[Floats], width: int, scale: float, threshold: float, nms_threshold: float
) -> tuple[Floats, Floats]:
    """Return boxes with confidence, float32 (n, 5), and landmarks, float32 (n, 5, 2), in
    pixels of the photo, most confident first.

    ``outputs`` are twelve arrays: classes, objectness, boxes, landmarks, each at the three
    strides, with a batch axis of 1. ``width`` is the input's in pixels, ``scale`` the photo's
    in it. The confidence is the geometric mean of class and objectness.
    """
    classes, objectness, reach, points = (
        [output.reshape(-1, output.shape[-1]) for output in outputs[first : first + LEVELS]]
        for first in range(0, OUTPUTS, LEVELS)
    )
    class_, object_ = np.concatenate(classes)[:, 0], np.concatenate(objectness)[:, 0]
    # Square roots of the few that may reach the threshold are enough.
    rows = np.flatnonzero(class_ * object_ >= threshold * threshold * _CLOSE)
    scores = np.sqrt(class_[rows].clip(0, 1) * object_[rows].clip(0, 1))
    likely = scores >= threshold
    rows, scores = rows[likely], scores[likely]
    if not len(rows):
        return np.empty((0, 5), np.float32), np.empty((0, 5, 2), np.float32)
    order = np.argsort(-scores, kind="stable")
    rows, scores = rows[order], scores[order]
    cells, stride = _places(rows, width, [len(level) for level in classes])
    offsets = np.concatenate(reach)[rows]
    centres = (cells + offsets[:, :2]) * stride
    halves = np.exp(offsets[:, 2:]) * (stride / 2)
    found = np.empty((len(rows), 5), np.float32)
    found[:, :2] = (centres - halves) / scale
    found[:, 2:4] = (centres + halves) / scale
    found[:, 4] = scores
    kept = suppress(found, nms_threshold)
    chosen = np.concatenate(points)[rows[kept]].reshape(-1, 5, 2)
    placed = (cells[kept, None] + chosen) * stride[kept, None]
    return found[kept], np.asarray(placed / scale, np.float32)


def _places(rows: NDArray[np.intp], width: int, counts: Sequence[int]) -> tuple[Floats, Floats]:
    """Return the column and row of each cell, (n, 2), and its stride in pixels, (n, 1);
    ``rows`` number the cells through all levels, which have that many each.
    """
    ends = np.cumsum(counts)
    level = np.searchsorted(ends, rows, side="right")
    number, stride = rows - (ends - counts)[level], np.array(STRIDES)[level]
    columns = width // stride
    cells = np.stack([number % columns, number // columns], axis=1)
    return cells.astype(np.float32), stride[:, None].astype(np.float32)
