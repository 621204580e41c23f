"""DETECTION_CASCADE: a first look at half the size."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest
from numpy.typing import NDArray

from facesvc.domain.photo import Photo
from facesvc.engine.config import EngineConfig
from facesvc.engine.detection import FIRST_PASS_SIZE, Detector
from facesvc.engine.engine import OnnxFaceEngine, build_engine
from facesvc.engine.kernels.canvas import Canvas
from facesvc.models.pack import Pack

Pixels = NDArray[np.uint8]


@pytest.fixture(scope="module")
def engines(pack: Pack) -> tuple[OnnxFaceEngine, OnnxFaceEngine]:
    """Without and with the cascade."""
    config = EngineConfig()
    return build_engine(pack, config), build_engine(pack, replace(config, cascade=True))


def sizes_looked_at(engine: OnnxFaceEngine, pixels: Pixels) -> list[int]:
    """Return the long sides of the inputs that the detector ran on."""
    seen, run = [], Detector._run

    def noting(self: Detector, canvas: Canvas, pixels: Pixels) -> object:
        seen.append(max(canvas.fitted(pixels)))
        return run(self, canvas, pixels)

    with patch.object(Detector, "_run", noting):
        engine.detect(Photo.from_pixels(pixels))
    return seen


def test_a_portrait_is_looked_at_once_and_small(
    engines: tuple[OnnxFaceEngine, OnnxFaceEngine], photos: dict[str, Pixels]
) -> None:
    """One certain, large face is enough, and lies where 640 says: within 5 % of the eyes'
    distance.
    """
    pixels = photos["jacinda_ardern/1.jpg"]
    assert sizes_looked_at(engines[1], pixels) == [FIRST_PASS_SIZE]
    (exact,), (quick,) = (engine.detect(Photo.from_pixels(pixels)) for engine in engines)
    eyes = np.linalg.norm(exact.landmarks[0] - exact.landmarks[1])
    moved = np.linalg.norm(exact.landmarks - quick.landmarks, axis=1).mean()
    assert moved < 0.05 * eyes


def test_several_faces_are_counted_at_the_full_size(
    engines: tuple[OnnxFaceEngine, OnnxFaceEngine], photos: dict[str, Pixels]
) -> None:
    """A group gets exactly the answer that it gets without the cascade."""
    pixels = photos["group.jpg"]
    assert sizes_looked_at(engines[1], pixels) == [FIRST_PASS_SIZE, 640]
    exact, cascaded = (engine.detect(Photo.from_pixels(pixels)) for engine in engines)
    assert [face.box for face in exact] == [face.box for face in cascaded]


def test_a_photo_without_a_face_is_looked_at_twice(
    engines: tuple[OnnxFaceEngine, OnnxFaceEngine],
) -> None:
    """Nothing seen at 320 says nothing yet."""
    grey = np.full((600, 800, 3), 128, np.uint8)
    assert sizes_looked_at(engines[1], grey) == [FIRST_PASS_SIZE, 640]
    assert sizes_looked_at(engines[0], grey) == [640]
