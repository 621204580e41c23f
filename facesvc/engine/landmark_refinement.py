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

from facesvc.engine.kernels.alignment import ARCFACE_TEMPLATE, moved_back, similarity
from facesvc.engine.kernels.canvas import Canvas
from facesvc.engine.kernels.yunet_decode import decode
from facesvc.engine.sessions import OpenModel
from facesvc.engine.view import AS_FOUND, FaceView, Placement

REFINEMENT_VERSION = "upright, again if it leans, mirrored/2"

# The eyes are this far apart, in parts of the square's side. Smaller squares cost less but place
# the points worse than the photo did: benchmarks/studies/smaller_looks.py.
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
        self._canvas = Canvas(side, 0.0, 1.0, tight=False, is_bgr=True)
        eyes = float(np.linalg.norm(ARCFACE_TEMPLATE[1] - ARCFACE_TEMPLATE[0]))
        self._eye_distance = EYE_DISTANCE * side
        scale = self._eye_distance / eyes
        self._template = (ARCFACE_TEMPLATE - _CENTRE) * scale + side / 2

    def once(self, view: FaceView) -> Points:
        """Return the landmarks that one look gives; as they were found where it finds no face."""
        found = view.found_landmarks
        placed = self._look(view, found)
        if placed is not None and _turned(found, placed) > _LEANING:
            upright = self._look(view, placed)  # the first time it still leaned
            placed = placed if upright is None else upright
        return found if placed is None else placed

    def exactly(self, view: FaceView) -> Points:
        """Return the mean of that look and another one at the mirrored face: what the detector
        errs to one side goes.
        """
        mirrored = self._look(view, view.landmarks, mirrored=True)
        if mirrored is None:
            return view.landmarks
        return np.asarray((view.landmarks + mirrored) / 2, np.float32)

    def _look(self, view: FaceView, landmarks: Points, *, mirrored: bool = False) -> Points | None:
        """Return where the face that these landmarks make upright has its own, None for nowhere."""
        try:
            matrix = similarity(landmarks, self._template)
        except ValueError:  # landmarks in one point
            return None
        size = (self._side, self._side)
        square = cv2.warpAffine(view.pixels, matrix, size)
        if mirrored:
            square = cv2.flip(square, 1)
        points = self._middle(np.asarray(square, np.uint8))
        if points is None:
            return None
        if mirrored:
            points = points[_MIRRORED]
            points[:, 0] = self._side - 1 - points[:, 0]
        return moved_back(points, matrix)

    def _middle(self, square: NDArray[np.uint8]) -> Points | None:
        """Return the points of the face in the middle, None when there is none."""
        with self._canvas.blob(square) as (blob, _):
            outputs = self._model.run(blob)
        _, points = decode(outputs, self._side, 1.0, _THRESHOLD, _NMS_THRESHOLD)
        if not len(points):
            return None
        across, down = (points - self._template).T  # (5, n) each
        moved = np.sqrt(across * across + down * down).mean(axis=0)
        nearest = int(moved.argmin())
        return points[nearest] if moved[nearest] < _NEAR * self._eye_distance else None


def _turned(before: Points, after: Points) -> float:
    """Return the angle between the lines between the eyes, radians."""
    (x1, y1), (x2, y2) = before[1] - before[0], after[1] - after[0]
    return abs(math.atan2(float(x1 * y2 - y1 * x2), float(x1 * x2 + y1 * y2)))


def placement_of(detector: OpenModel) -> Placement:
    """Return how a pack with this detector places landmarks."""
    side = detector.spec.refined_side
    return LandmarkRefinement(detector, side) if side else AS_FOUND
