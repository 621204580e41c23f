"""Landmarks placed again on the face alone."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from facesvc.domain.faces import BoundingBox
from facesvc.domain.photo import Photo
from facesvc.engine.landmark_refinement import LandmarkRefinement
from facesvc.engine.view import FaceView
from tests.unit.engine.fake_session import yunet, yunet_outputs

TRUE = np.array([[180, 190], [260, 200], [214, 240], [178, 275], [248, 285]], np.float32)
BOX = BoundingBox(140, 130, 300, 330)
EYE, NOSE, MOUTH = 60, 120, 200


def face_photo() -> Photo:
    """Return a photo whose eyes, nose and mouth corners are discs of three greys."""
    pixels = np.zeros((420, 420, 3), np.uint8)
    for (x, y), grey in zip(TRUE, (EYE, EYE, NOSE, MOUTH, MOUTH), strict=True):
        cv2.circle(
            pixels, (round(16 * float(x)), round(16 * float(y))), 6 * 16, (grey,) * 3, -1, 8, 4
        )
    return Photo.from_pixels(pixels)


def discs(blob: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """See the discs as YuNet sees a face: the eye that is on the left of the input comes first."""
    grey = blob[0, 0]
    points = []
    for level in (EYE, NOSE, MOUTH):
        mask = (np.abs(grey - level) < 12).astype(np.uint8)
        mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
        _, _, stats, centres = cv2.connectedComponentsWithStats(mask)
        largest = 1 + np.argsort(-stats[1:, cv2.CC_STAT_AREA])[: 1 if level == NOSE else 2]
        points += sorted(centres[largest].tolist())
    side = grey.shape[0]
    box = (0.2 * side, 0.1 * side, 0.8 * side, 0.9 * side)
    return yunet_outputs(side, side, [(32, 4, 4, 0.9, box, points)])


def test_rough_landmarks_are_placed_exactly() -> None:
    """From landmarks that are 12 px off, on a leaning face, to the true ones: the way into the
    square and back, mirrored too, is right.
    """
    rough = TRUE + np.array([[12, -6], [-8, 10], [6, 8], [-10, 4], [9, -9]], np.float32)
    view = FaceView(face_photo(), BOX, rough, LandmarkRefinement(yunet(discs), 256))
    assert np.abs(view.landmarks - TRUE).max() < 0.8
    exact = LandmarkRefinement(yunet(discs), 256).exactly(view)
    assert np.abs(exact - TRUE).max() < 0.8
    assert not np.array_equal(exact, view.landmarks)


def test_a_face_that_is_not_found_again_keeps_its_landmarks() -> None:
    """No second answer is no reason to lose the first."""
    blind = LandmarkRefinement(yunet(lambda blob: yunet_outputs(*blob.shape[2:], [])), 256)
    view = FaceView(face_photo(), BOX, TRUE, blind)
    np.testing.assert_array_equal(view.landmarks, TRUE)
    np.testing.assert_array_equal(blind.exactly(view), TRUE)
    assert view.aligned_exactly() is view.aligned()


def test_another_face_in_the_square_is_not_taken() -> None:
    """A neighbour who is found instead of the face does not lend it landmarks."""

    def neighbour(blob: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        points = np.array([[5, 5], [25, 5], [15, 15], [8, 24], [22, 24]])
        return yunet_outputs(*blob.shape[2:], [(8, 1, 1, 0.99, (0, 0, 30, 30), points)])

    view = FaceView(face_photo(), BOX, TRUE, LandmarkRefinement(yunet(neighbour), 256))
    np.testing.assert_array_equal(view.landmarks, TRUE)


def test_landmarks_in_one_point_stay_as_they_are() -> None:
    """There is no square to warp such a face into."""
    point = np.full((5, 2), 100, np.float32)
    view = FaceView(face_photo(), BOX, point, LandmarkRefinement(yunet(discs), 256))
    np.testing.assert_array_equal(view.landmarks, point)
    assert not view.aligned_exactly().any()
