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
    source = points.astype(np.float64)
    target = template.astype(np.float64)
    source_mean, target_mean = source.mean(axis=0), target.mean(axis=0)
    x, y = (source - source_mean).T
    u, v = (target - target_mean).T
    variance = float(x @ x + y @ y)
    if not variance > 0.0:
        raise ValueError("The landmarks lie in one point.")
    cosine = float(x @ u + y @ v) / variance
    sine = float(x @ v - y @ u) / variance
    turn = np.array([[cosine, -sine], [sine, cosine]])
    return np.column_stack([turn, target_mean - turn @ source_mean])


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
