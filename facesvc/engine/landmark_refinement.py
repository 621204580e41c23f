"""Landmarks placed again on the face alone, upright and at the size that the detector likes.

A small detector places landmarks roughly where a face is small, and those of a leaning face as if
it leaned less. Seen alone, enlarged and upright, and once more mirrored, it places them so that
recognition loses nothing against a larger detector (docs/recognizers.md).
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from facesvc.engine.kernels.alignment import ARCFACE_TEMPLATE, similarity
from facesvc.engine.kernels.yunet_decode import decode
from facesvc.engine.sessions import OpenModel
from facesvc.engine.view import FaceView, Placement, as_found

REFINEMENT_VERSION = "upright, mirrored, again if it leans/1"

# The eyes are this far apart, in parts of the square's side; 0.17, 0.24, 0.25 and 0.31 in
# squares of 192 to 320 px gave a lower TAR (benchmarks/studies/landmarks.py).
EYE_DISTANCE = 80 / 256
_CENTRE = np.array([56.0, 68.0])  # of a face in the ArcFace template's pixels
_THRESHOLD = 0.2  # it is known that there is a face
_NMS_THRESHOLD = 0.3
_NEAR = 0.6  # how far, in eye distances, a point may move on average to be the same face's
_LEANING = math.radians(5.0)  # by which a face leaned more than was known, to look once more
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
        """Return the landmarks, float32 (5, 2), in the view's pixels; as they were found where
        the face is not found again.
        """
        found = view.found_landmarks
        placed = self._placed(view, found)
        if placed is not None and _turned(found, placed) > _LEANING:
            upright = self._placed(view, placed)  # the first time it still leaned
            placed = placed if upright is None else upright
        return found if placed is None else placed

    def _placed(self, view: FaceView, landmarks: Points) -> Points | None:
        try:
            matrix = similarity(landmarks, self._template)
        except ValueError:  # landmarks in one point
            return None
        size = (self._side, self._side)
        square = np.asarray(cv2.warpAffine(view.pixels, matrix, size), np.uint8)
        mirrored = self._look(np.ascontiguousarray(square[:, ::-1]))
        if mirrored is not None:
            mirrored = mirrored[_MIRRORED]
            mirrored[:, 0] = self._side - 1 - mirrored[:, 0]
        looks = [points for points in (self._look(square), mirrored) if points is not None]
        if not looks:
            return None
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


def _turned(before: Points, after: Points) -> float:
    """Return the angle between the lines between the eyes, radians."""
    (x1, y1), (x2, y2) = before[1] - before[0], after[1] - after[0]
    return abs(math.atan2(float(x1 * y2 - y1 * x2), float(x1 * x2 + y1 * y2)))


def placement(detector: OpenModel) -> Placement:
    """Return how a pack with this detector places landmarks."""
    side = detector.spec.refined_side
    return LandmarkRefinement(detector, side).landmarks if side else as_found
