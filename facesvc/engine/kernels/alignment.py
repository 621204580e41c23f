"""Moves five landmarks onto a template by rotation, one scale and a shift, in closed form."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

# Where ArcFace's training puts eyes, nose tip and mouth corners in a crop of 112 pixels:
# insightface.utils.face_align.arcface_dst.
ARCFACE_TEMPLATE = np.array(
    [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ],
    np.float32,
)
ARCFACE_SIZE_PX = 112


def similarity(points: NDArray[np.floating], template: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the 2x3 matrix that moves ``points`` onto ``template``, both (n, 2), with the
    least squared error.

    Umeyama's estimate (PAMI 1991). In the plane the best rotation and scale are one complex
    number, the points' covariance with the template over their variance, so no singular
    value decomposition is needed. Raises ValueError when all points are the same.
    """
    source, target = points.tolist(), template.tolist()  # so few numbers are no work for NumPy
    count = len(source)
    source_x, source_y = sum(x for x, _ in source) / count, sum(y for _, y in source) / count
    target_x, target_y = sum(u for u, _ in target) / count, sum(v for _, v in target) / count
    variance = cosine = sine = 0.0
    for (x, y), (u, v) in zip(source, target, strict=True):
        x, y, u, v = x - source_x, y - source_y, u - target_x, v - target_y
        variance += x * x + y * y
        cosine += x * u + y * v
        sine += x * v - y * u
    if not variance > 0.0:
        raise ValueError("The landmarks lie in one point.")
    cosine, sine = cosine / variance, sine / variance
    right = target_x - (cosine * source_x - sine * source_y)
    down = target_y - (sine * source_x + cosine * source_y)
    return np.array([[cosine, -sine, right], [sine, cosine, down]])


def moved_back(points: NDArray[np.floating], matrix: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return where ``points`` (n, 2) were before ``similarity``'s matrix moved them, float32."""
    (cosine, _, right), (sine, _, down) = matrix.tolist()
    square = cosine * cosine + sine * sine
    turn = np.array([[cosine, -sine], [sine, cosine]]) / square
    return np.asarray((points - (right, down)) @ turn, np.float32)


def align(pixels: NDArray[np.uint8], landmarks: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the ArcFace crop, uint8 (112, 112, 3), channels as in ``pixels``; black outside.

    ``landmarks`` is float32 (5, 2), in ``pixels``. Raises ValueError when they are one point.
    """
    matrix = similarity(landmarks, ARCFACE_TEMPLATE)
    size = (ARCFACE_SIZE_PX, ARCFACE_SIZE_PX)
    return np.asarray(cv2.warpAffine(pixels, matrix, size), np.uint8)


def face_blob(
    crop: NDArray[np.uint8], mean: float, std: float, *, is_bgr: bool
) -> NDArray[np.float32]:
    """Return an aligned BGR crop as the recognizer's input, float32 (1, 3, 112, 112), in BGR
    or RGB order.
    """
    size = (ARCFACE_SIZE_PX, ARCFACE_SIZE_PX)
    blob = cv2.dnn.blobFromImage(crop, 1.0 / std, size, (mean, mean, mean), swapRB=not is_bgr)
    return np.asarray(blob, np.float32)
