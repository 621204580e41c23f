"""The lean kernels give what InsightFace's own functions give, on real photos."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import onnxruntime as ort
import pytest
from insightface.model_zoo.scrfd import SCRFD
from insightface.utils import face_align
from numpy.typing import NDArray

from facesvc.engine.kernels.alignment import align, face_blob
from facesvc.engine.kernels.canvas import Canvas
from facesvc.engine.kernels.scrfd_decode import decode
from facesvc.models.manifest import Role

Pixels = NDArray[np.uint8]
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning:insightface")


@pytest.fixture(scope="module")
def detections(
    scrfd: SCRFD, photos: dict[str, Pixels]
) -> dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """What InsightFace's SCRFD.detect finds."""
    return {name: scrfd.detect(pixels) for name, pixels in photos.items()}


def lean(scrfd: SCRFD, pixels: Pixels, *, tight: bool) -> tuple[NDArray[np.float32], ...]:
    """Detect with the lean kernels and InsightFace's session."""
    with Canvas(640, 127.5, 128.0, tight=tight).blob(pixels) as (blob, scale):
        outputs = scrfd.session.run(None, {scrfd.input_name: blob})
        return decode(outputs, blob.shape[3], scale, 0.5, 0.4)


def test_boxes_and_landmarks_are_the_same_numbers(
    scrfd: SCRFD, photos: dict[str, Pixels], detections: dict[str, tuple[NDArray[np.float32], ...]]
) -> None:
    """On the square canvas every box, score and landmark is equal to the last bit."""
    assert sum(len(boxes) for boxes, _ in detections.values()) >= 15
    for name, pixels in photos.items():
        boxes, landmarks = lean(scrfd, pixels, tight=False)
        np.testing.assert_array_equal(boxes, detections[name][0], err_msg=name)
        np.testing.assert_array_equal(landmarks, detections[name][1], err_msg=name)


def test_many_overlapping_candidates_are_suppressed_alike(
    scrfd: SCRFD, photos: dict[str, Pixels]
) -> None:
    """At a threshold where hundreds of candidates pass, both keep the same ones."""
    pixels = photos["group.jpg"]
    with Canvas(640, 127.5, 128.0, tight=False).blob(pixels) as (blob, scale):
        outputs = scrfd.session.run(None, {scrfd.input_name: blob})
    boxes, landmarks = decode(outputs, 640, scale, 0.02, 0.4)
    expected = scrfd.detect(pixels, det_thresh=0.02)
    assert len(boxes) > 20
    np.testing.assert_array_equal(boxes, expected[0])
    np.testing.assert_array_equal(landmarks, expected[1])


def test_the_tight_canvas_moves_no_landmark_visibly(
    scrfd: SCRFD, photos: dict[str, Pixels], detections: dict[str, tuple[NDArray[np.float32], ...]]
) -> None:
    """Leaving out black rows keeps every face. Landmarks stay within 0.3 % of the eyes'
    distance, within 1.5 % where the photo's edge cuts through the face.
    """
    for name, pixels in photos.items():
        boxes, landmarks = lean(scrfd, pixels, tight=True)
        expected_boxes, expected = detections[name]
        assert len(boxes) == len(expected_boxes), name
        for before, after in zip(expected, landmarks, strict=True):
            shift = np.linalg.norm(before - after, axis=1).mean()
            allowed = 0.015 if "half" in name else 0.003
            assert shift <= allowed * np.linalg.norm(before[0] - before[1]), name


def test_aligned_crops_and_embeddings_agree(
    photos: dict[str, Pixels],
    detections: dict[str, tuple[NDArray[np.float32], ...]],
    open_session: Callable[[Role], ort.InferenceSession],
) -> None:
    """Crops differ by float32 rounding in InsightFace's estimate: at most three grey levels
    in a few pixels of ten thousand; embeddings keep a cosine of 0.99999.
    """
    recognizer = open_session(Role.RECOGNIZER)
    changed = []
    for name, pixels in photos.items():
        for points in detections[name][1]:
            crops = (face_align.norm_crop(pixels, points), align(pixels, points))
            difference = np.abs(crops[0].astype(int) - crops[1])
            assert difference.max() <= 3, name
            changed.append((difference > 0).mean())
            first, second = (
                recognizer.run(None, {"input": face_blob(crop, 127.5, 127.5, is_bgr=True)})[0][0]
                for crop in crops
            )
            assert first @ second >= 0.99999 * np.linalg.norm(first) * np.linalg.norm(second)
    assert np.mean(changed) < 5e-4


@pytest.mark.parametrize("is_bgr", [True, False])
def test_face_blob_is_what_insightface_feeds(is_bgr: bool, photos: dict[str, Pixels]) -> None:
    """The recognizer's input is InsightFace's, in the order that the manifest wants."""
    crop = np.ascontiguousarray(photos["group.jpg"][:112, :112])
    expected = cv2.dnn.blobFromImages(
        [crop], 1.0 / 127.5, (112, 112), (127.5, 127.5, 127.5), swapRB=not is_bgr
    )
    np.testing.assert_array_equal(face_blob(crop, 127.5, 127.5, is_bgr=is_bgr), expected)
