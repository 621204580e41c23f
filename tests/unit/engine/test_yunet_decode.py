"""Faces out of YuNet's twelve outputs."""

from __future__ import annotations

import numpy as np
import pytest

from facesvc.engine.config import EngineConfig, EngineError
from facesvc.engine.detection import Detector
from facesvc.engine.kernels.scrfd_decode import suppress
from facesvc.engine.kernels.yunet_decode import STRIDES, decode
from tests.unit.engine.fake_session import RECOGNIZER, recognizer, yunet, yunet_outputs

BOX = (100.0, 60.0, 180.0, 170.0)
POINTS = np.array([[120, 100], [160, 101], [141, 120], [124, 140], [158, 141]], np.float64)

ASIDE = np.array([100, 0])


@pytest.mark.parametrize(("stride", "column", "row"), [(8, 17, 14), (16, 8, 7), (32, 4, 3)])
def test_a_face_of_any_stride_is_placed_in_the_photo(stride: int, column: int, row: int) -> None:
    """Boxes and points come back in the photo's pixels, whichever grid saw the face; the input
    is wider than high, so that rows and columns cannot change places.
    """
    outputs = yunet_outputs(256, 320, [(stride, column, row, 0.9, BOX, POINTS)])
    boxes, points = decode(outputs, 320, 0.5, 0.5, 0.3)
    np.testing.assert_allclose(boxes, [[*(2 * np.array(BOX)), 0.9]], rtol=1e-5)
    np.testing.assert_allclose(points, [2 * POINTS], rtol=1e-5)


def test_only_the_most_confident_of_overlapping_boxes_stays() -> None:
    """Neighbouring cells see the same face; another face beside it is kept, best first."""
    near = tuple(value + 4.0 for value in BOX)
    far = (200.0, 60.0, 280.0, 170.0)
    faces = [
        (8, 17, 14, 0.7, BOX, POINTS),
        (8, 18, 14, 0.8, near, POINTS + 4),
        (16, 14, 7, 0.75, far, POINTS + ASIDE),
    ]
    boxes, points = decode(yunet_outputs(256, 320, faces), 320, 1.0, 0.5, 0.3)
    np.testing.assert_allclose(boxes[:, 4], [0.8, 0.75], rtol=1e-5)
    np.testing.assert_allclose(boxes[:, 0], [104.0, 200.0], rtol=1e-5)
    np.testing.assert_allclose(points[1], POINTS + ASIDE, rtol=1e-5)


def test_rows_below_the_threshold_are_no_faces() -> None:
    """An empty photo gives empty arrays of the right shape."""
    outputs = yunet_outputs(256, 320, [(8, 17, 14, 0.49, BOX, POINTS)])
    boxes, points = decode(outputs, 320, 1.0, 0.5, 0.3)
    assert boxes.shape == (0, 5)
    assert points.shape == (0, 5, 2)


@pytest.mark.parametrize("seed", range(12))
def test_the_same_numbers_as_decoding_every_cell(seed: int) -> None:
    """Dropping cells early changes no digit of what is left, whatever the outputs are: also where
    a model gives more than 1 or less than 0, and where scores stand at the threshold.
    """
    random = np.random.default_rng(seed)
    height, width = int(random.integers(1, 9)) * 32, int(random.integers(1, 9)) * 32
    cells = [(height // stride) * (width // stride) for stride in STRIDES]

    def level(columns: int, low: float, high: float) -> list[np.ndarray]:
        values = (random.uniform(low, high, (1, count, columns)) for count in cells)
        return [value.astype(np.float32) for value in values]

    outputs = level(1, -0.2, 1.1) + level(1, -0.2, 1.1) + level(4, -1, 2) + level(10, -3, 3)
    outputs[0][0, 0, 0], outputs[3][0, 0, 0] = 0.5, 0.5  # exactly at the threshold
    boxes, points = decode(outputs, width, 0.37, 0.5, 0.3)
    all_boxes, all_points = _every_cell(outputs, width, 0.37)
    likely = all_boxes[:, 4] >= 0.5
    order = np.argsort(-all_boxes[likely, 4], kind="stable")
    kept = suppress(all_boxes[likely][order], 0.3)
    np.testing.assert_array_equal(boxes, all_boxes[likely][order][kept])
    np.testing.assert_array_equal(points, all_points[likely][order][kept])


def _every_cell(
    outputs: list[np.ndarray], width: int, scale: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return boxes (n, 5) and points (n, 5, 2) of all cells of all levels."""
    boxes, landmarks = [], []
    for level, stride in enumerate(STRIDES):
        classes, objectness, reach, points = (output[0] for output in outputs[level::3])
        rows = np.arange(len(classes))
        columns = width // stride
        cells = np.stack([rows % columns, rows // columns], axis=1).astype(np.float32)
        scores = np.sqrt(classes.clip(0, 1) * objectness.clip(0, 1))
        centres = (cells + reach[:, :2]) * stride
        halves = np.exp(reach[:, 2:]) * (stride / 2)
        corners = np.hstack([centres - halves, centres + halves]) / scale
        boxes.append(np.hstack([corners, scores]))
        landmarks.append((cells[:, None] + points.reshape(-1, 5, 2)) * stride / scale)
    return np.vstack(boxes), np.vstack(landmarks)


def test_the_detector_feeds_bgr_pixels_as_they_are() -> None:
    """YuNet's manifest says BGR and no normalisation, and that is what it gets."""
    seen: list[np.ndarray] = []

    def answer(blob: np.ndarray) -> list[np.ndarray]:
        seen.append(blob.copy())
        return yunet_outputs(*blob.shape[2:], [])

    photo = np.zeros((64, 128, 3), np.uint8)
    photo[:] = (10, 20, 30)
    Detector(yunet(answer), EngineConfig(detection_size=128)).detect(photo)
    np.testing.assert_array_equal(seen[0][0, :, 5, 5], [10, 20, 30])


def test_a_model_that_is_no_detector_is_refused() -> None:
    """The manifest's meaning decides, and a wrong one ends the start with the file."""
    model = recognizer(512, lambda blob: [blob])
    with pytest.raises(EngineError, match=f"{RECOGNIZER.file}: embedding is no detector"):
        Detector(model, EngineConfig())
