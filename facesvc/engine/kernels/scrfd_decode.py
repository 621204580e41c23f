"""From SCRFD's outputs to faces: rows below the threshold are dropped before any decoding.

The same numbers as insightface.model_zoo.scrfd.SCRFD, which decodes all 16,800 rows of a
640x640 input first.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

STRIDES = (8, 16, 32)  # SCRFD's three pyramid levels
OUTPUTS = 3 * len(STRIDES)  # scores, boxes, landmarks
ANCHORS = 2  # a grid cell, in SCRFD models with three levels

Floats = NDArray[np.float32]


def decode(
    outputs: Sequence[Floats], width: int, scale: float, threshold: float, nms_threshold: float
) -> tuple[Floats, Floats]:
    """Return boxes with confidence, float32 (n, 5), and landmarks, float32 (n, 5, 2), in
    pixels of the photo, most confident first.

    ``outputs`` are nine arrays: scores, boxes, landmarks, each at the three strides, with or
    without a batch axis of 1. ``width`` is the input's in pixels, ``scale`` the photo's in it.
    """
    scores, boxes, landmarks = [], [], []
    for level, stride in enumerate(STRIDES):
        level_scores = outputs[level].reshape(-1)
        rows = np.flatnonzero(level_scores >= threshold)
        if not len(rows):
            continue
        cells = rows // ANCHORS
        columns = width // stride
        centres = np.stack([cells % columns, cells // columns], axis=1).astype(np.float32) * stride
        reach = outputs[level + 3].reshape(-1, 4)[rows] * stride
        offsets = outputs[level + 6].reshape(-1, 5, 2)[rows] * stride
        scores.append(level_scores[rows])
        boxes.append(np.hstack([centres - reach[:, :2], centres + reach[:, 2:]]))
        landmarks.append(centres[:, None, :] + offsets)
    if not scores:
        return np.empty((0, 5), np.float32), np.empty((0, 5, 2), np.float32)
    confidence = np.concatenate(scores)
    order = np.argsort(-confidence, kind="stable")
    found = np.column_stack([np.vstack(boxes) / scale, confidence])[order]
    kept = suppress(found, nms_threshold)
    points = (np.vstack(landmarks) / scale)[order][kept]
    return found[kept], np.asarray(points, np.float32)


def suppress(boxes: Floats, threshold: float) -> list[int]:
    """Return the rows that no better row overlaps by more than the threshold.

    ``boxes`` is float32 (n, 5), best first. Areas count both edge pixels, as InsightFace's
    and Girshick's non-maximum suppression do.
    """
    x1, y1, x2, y2 = boxes[:, :4].T
    areas = (x2 - x1 + 1) * (y2 - y1 + 1)
    waiting = np.arange(len(boxes))
    kept: list[int] = []
    while len(waiting):
        best, rest = int(waiting[0]), waiting[1:]
        kept.append(best)
        across = np.minimum(x2[best], x2[rest]) - np.maximum(x1[best], x1[rest]) + 1
        down = np.minimum(y2[best], y2[rest]) - np.maximum(y1[best], y1[rest]) + 1
        shared = np.maximum(0.0, across) * np.maximum(0.0, down)
        overlap = shared / (areas[best] + areas[rest] - shared)
        waiting = rest[overlap <= threshold]
    return kept
