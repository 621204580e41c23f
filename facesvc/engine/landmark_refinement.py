"""Landmarks placed again on the face alone, upright and at the size that the detector likes.

A small detector places landmarks roughly where a face is small or leans. Seen alone, enlarged
and upright, and once more mirrored, it places them so that recognition loses nothing against a
larger detector (docs/accuracy.md).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from facesvc.engine.kernels.alignment import ARCFACE_TEMPLATE, similarity
from facesvc.engine.kernels.yunet_decode import decode
from facesvc.engine.sessions import OpenModel
from facesvc.engine.view import FaceView

REFINEMENT_VERSION = "upright, mirrored/1"

# The eyes are this far apart, in parts of the square's side; 0.17, 0.24, 0.25 and 0.31 in
# squares of 192 to 320 px gave a lower TAR (benchmarks/studies/landmarks.py).
EYE_DISTANCE = 80 / 256
_CENTRE = np.array([56.0, 68.0])  # of a face in the ArcFace template's pixels
_THRESHOLD = 0.2  # it is known that there is a face
_NMS_THRESHOLD = 0.3
_NEAR = 0.6  # how far, in eye distances, a point may move on average to be the same face's
_MIRRORED = [1, 0, 2, 4, 3]  # left and right change places

Points = NDArray[np.float32]


class LandmarkRefinement:
    """Runs the pack's YuNet on one face at a time. Thread-safe.

    Args:
        model: the detector, which must take any input size.
        side: the side in pixels of the square that the face is warped into.

    """

    def __init__(self, model: OpenModel, side: int) -> None:
        self._model, self._side = model, side
        eyes = float(np.linalg.norm(ARCFACE_TEMPLATE[1] - ARCFACE_TEMPLATE[0]))
        self._eye_distance = EYE_DISTANCE * side
        scale = self._eye_distance / eyes
        self._template = (ARCFACE_TEMPLATE - _CENTRE) * scale + side / 2

    def landmarks(self, view: FaceView) -> Points:
        """Return the landmarks, float32 (5, 2), in the view's pixels; the view's own where the
        face is not found again.
        """
        try:
            matrix = similarity(view.landmarks, self._template)
        except ValueError:  # landmarks in one point
            return view.landmarks
        size = (self._side, self._side)
        square = np.asarray(cv2.warpAffine(view.pixels, matrix, size), np.uint8)
        mirrored = self._look(np.ascontiguousarray(square[:, ::-1]))
        if mirrored is not None:
            mirrored = mirrored[_MIRRORED]
            mirrored[:, 0] = self._side - 1 - mirrored[:, 0]
        looks = [points for points in (self._look(square), mirrored) if points is not None]
        if not looks:
            return view.landmarks
        turn = np.linalg.inv(matrix[:, :2])
        placed = (np.mean(looks, axis=0) - matrix[:, 2]) @ turn.T
        return np.asarray(placed, np.float32)

    def _look(self, square: NDArray[np.uint8]) -> Points | None:
        """Return the points of the face in the middle, None when there is none."""
        blob = square.astype(np.float32).transpose(2, 0, 1)[np.newaxis]
        outputs = self._model.run(np.ascontiguousarray(blob))
        _, points = decode(outputs, self._side, 1.0, _THRESHOLD, _NMS_THRESHOLD)
        if not len(points):
            return None
        moved = np.linalg.norm(points - self._template, axis=2).mean(axis=1)
        nearest = int(moved.argmin())
        return points[nearest] if moved[nearest] < _NEAR * self._eye_distance else None
