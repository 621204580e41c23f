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
OUTPUTS = 4 * len(STRIDES)  # classes, objectness, boxes, landmarks

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
    scores, boxes, landmarks = [], [], []
    for level, stride in enumerate(STRIDES):
        classes, objectness, reach, points = outputs[level :: len(STRIDES)]
        level_scores = np.sqrt(np.clip(classes, 0, 1) * np.clip(objectness, 0, 1)).reshape(-1)
        rows = np.flatnonzero(level_scores >= threshold)
        if not len(rows):
            continue
        columns = width // stride
        cells = np.stack([rows % columns, rows // columns], axis=1).astype(np.float32)
        offsets = reach.reshape(-1, 4)[rows]
        centres = (cells + offsets[:, :2]) * stride
        halves = np.exp(offsets[:, 2:]) * (stride / 2)
        scores.append(level_scores[rows])
        boxes.append(np.hstack([centres - halves, centres + halves]))
        landmarks.append((cells[:, None, :] + points.reshape(-1, 5, 2)[rows]) * stride)
    if not scores:
        return np.empty((0, 5), np.float32), np.empty((0, 5, 2), np.float32)
    confidence = np.concatenate(scores)
    order = np.argsort(-confidence, kind="stable")
    found = np.column_stack([np.vstack(boxes) / scale, confidence])[order].astype(np.float32)
    kept = suppress(found, nms_threshold)
    placed = (np.vstack(landmarks) / scale)[order][kept]
    return found[kept], np.asarray(placed, np.float32)
