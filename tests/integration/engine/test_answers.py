"""Pose, quality, attributes and liveness of real photos."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from facesvc.domain.liveness import Liveness
from facesvc.domain.photo import Photo
from facesvc.domain.quality import Quality
from facesvc.engine.engine import OnnxFaceEngine
from facesvc.engine.liveness import LivenessPolicy, judge
from facesvc.engine.view import view_of
from tests.integration.engine.conftest import Pixels, ReadSample

# A folder with InspireFace's test photos of heads turned far (insightface's repository,
# cpp-package/inspireface/test_res/data/pose). They have no licence to ship.
POSED = Path(os.environ.get("FACESVC_POSED_PHOTOS", "not given"))


def quality_of(engine: OnnxFaceEngine, pixels: Pixels) -> Quality:
    """Return the most confident face's quality."""
    photo = Photo.from_pixels(pixels)
    return engine.assess_quality(photo, engine.detect(photo)[0])


def mirrored(pixels: Pixels) -> Pixels:
    """Swap left and right."""
    return np.ascontiguousarray(pixels[:, ::-1])


@pytest.mark.parametrize(
    ("name", "sign"),
    [
        ("barack_obama/2.jpg", 1),  # looks to the left of the picture
        ("barack_obama/3.jpg", -1),  # looks to the right
        ("joe_biden/1.jpg", -1),
        ("emmanuel_macron/2.jpg", 1),
    ],
)
def test_yaw_is_positive_to_the_left_and_flips_with_the_mirror(
    real_engine: OnnxFaceEngine, read_sample: ReadSample, name: str, sign: int
) -> None:
    """Known turns have the right sign; the mirrored photo has the opposite."""
    pixels = read_sample(name)
    yaw = quality_of(real_engine, pixels).pose_yaw
    assert sign * yaw > 5
    assert quality_of(real_engine, mirrored(pixels)).pose_yaw == pytest.approx(-yaw, abs=8)


def test_pitch_is_positive_upwards(real_engine: OnnxFaceEngine, read_sample: ReadSample) -> None:
    """A chin that is raised against chins that are not; the mirror leaves pitch alone."""
    raised = read_sample("barack_obama/3.jpg")
    assert quality_of(real_engine, raised).pose_pitch > 5
    assert quality_of(real_engine, mirrored(raised)).pose_pitch > 5
    for name in ("barack_obama/1.jpg", "jacinda_ardern/1.jpg", "jacinda_ardern/2.jpg"):
        assert quality_of(real_engine, read_sample(name)).pose_pitch < -5


@pytest.mark.skipif(
    not POSED.is_dir(),
    reason="FACESVC_POSED_PHOTOS names no folder of posed photos: none may be passed on",
)
@pytest.mark.parametrize(
    ("file", "angle", "low", "high"),
    [
        ("left_face.jpeg", "pose_yaw", 35, 75),
        ("right_face.png", "pose_yaw", -80, -40),
        ("rise_face.jpeg", "pose_pitch", 12, 40),
        ("lower_face.jpeg", "pose_pitch", -60, -25),
        ("right_wryneck.png", "pose_roll", 30, 60),
        ("left_wryneck.png", "pose_roll", -90, -60),
    ],
)
def test_posed_heads_have_the_angle_that_they_show(
    real_engine: OnnxFaceEngine, file: str, angle: str, low: float, high: float
) -> None:
    """Heads turned on purpose are turned the right way and not frontal."""
    quality = quality_of(real_engine, np.asarray(cv2.imread(str(POSED / file)), np.uint8))
    assert low < getattr(quality, angle) < high
    assert not quality.is_frontal or angle == "pose_pitch"


@pytest.mark.parametrize("name", ["emmanuel_macron/2.jpg", "rishi_sunak/1.jpg"])
def test_blurring_raises_blur_and_lowers_the_score(
    real_engine: OnnxFaceEngine, read_sample: ReadSample, name: str
) -> None:
    """More blur is never better."""
    pixels = read_sample(name)
    found = [quality_of(real_engine, pixels)] + [
        quality_of(real_engine, np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma), np.uint8))
        for sigma in (1, 2, 4, 8)
    ]
    assert all(sharper.blur < blurrier.blur for sharper, blurrier in pairwise(found))
    assert all(sharper.score > blurrier.score for sharper, blurrier in pairwise(found))
    assert found[0].blur < 0.1
    assert found[-1].blur > 0.8


@pytest.mark.parametrize("name", ["emmanuel_macron/2.jpg", "jacinda_ardern/1.jpg"])
def test_shrinking_lowers_size_and_score(
    real_engine: OnnxFaceEngine, read_sample: ReadSample, name: str
) -> None:
    """The same face with fewer pixels is never better, and its area falls as it must."""
    pixels = read_sample(name)
    found = [
        quality_of(
            real_engine,
            np.asarray(
                cv2.resize(pixels, None, fx=1 / k, fy=1 / k, interpolation=cv2.INTER_AREA), np.uint8
            ),
        )
        for k in (1, 2, 4, 8)
    ]
    assert all(larger.score > smaller.score for larger, smaller in pairwise(found))
    for larger, smaller in pairwise(found):
        assert smaller.face_size == pytest.approx(larger.face_size / 4, rel=0.1)


@pytest.mark.parametrize("direction", [1, -1])
def test_leaning_lowers_the_score_and_ends_frontality(
    real_engine: OnnxFaceEngine, read_sample: ReadSample, direction: int
) -> None:
    """A head that leans further is never better."""
    pixels = cv2.copyMakeBorder(
        read_sample("emmanuel_macron/2.jpg"), 200, 200, 300, 300, cv2.BORDER_REPLICATE
    )
    height, width = pixels.shape[:2]
    found = []
    for angle in (0, 15, 30, 45):
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -direction * angle, 1.0)
        leaning = np.asarray(cv2.warpAffine(pixels, matrix, (width, height)), np.uint8)
        found.append(quality_of(real_engine, leaning))
    assert all(straighter.score > leaning.score for straighter, leaning in pairwise(found))
    assert [quality.is_frontal for quality in found] == [True, True, False, False]


def test_a_portrait_is_of_high_quality(
    real_engine: OnnxFaceEngine, read_sample: ReadSample
) -> None:
    """An official portrait passes every gate."""
    quality = quality_of(real_engine, read_sample("rishi_sunak/1.jpg"))
    assert quality.score > 0.85
    assert quality.is_frontal
    assert quality.face_size > 100_000


@pytest.mark.parametrize(
    ("name", "gender", "low", "high"),
    [
        ("jacinda_ardern/1.jpg", "F", 28, 48),
        ("jacinda_ardern/2.jpg", "F", 32, 52),
        ("emmanuel_macron/1.jpg", "M", 27, 47),
        ("joe_biden/1.jpg", "M", 58, 80),
        ("rishi_sunak/1.jpg", "M", 30, 50),
        ("barack_obama/1.jpg", "M", 38, 60),
    ],
)
def test_age_and_gender_are_plausible(
    real_engine: OnnxFaceEngine,
    read_sample: ReadSample,
    name: str,
    gender: str,
    low: int,
    high: int,
) -> None:
    """Known people come out as who they are, within ten years or so."""
    photo = Photo.from_pixels(read_sample(name))
    attributes = real_engine.estimate_attributes(photo, real_engine.detect(photo)[0])
    assert attributes.gender == gender
    assert low <= attributes.age <= high


def liveness_of(engine: OnnxFaceEngine, pixels: Pixels) -> Liveness:
    """Return the most confident face's liveness."""
    photo = Photo.from_pixels(pixels)
    return engine.check_liveness(photo, engine.detect(photo)[0])


@pytest.mark.parametrize(
    "name", ["emmanuel_macron/2.jpg", "jacinda_ardern/1.jpg", "rishi_sunak/1.jpg"]
)
def test_portraits_look_live_and_the_model_says_so(
    real_engine: OnnxFaceEngine, read_sample: ReadSample, name: str
) -> None:
    """The pack's model decides; the five heuristics stand beside it."""
    outcome = liveness_of(real_engine, read_sample(name))
    assert outcome.is_live
    assert outcome.method == "model"
    assert outcome.confidence == outcome.checks["model"] > 0.9
    assert len(outcome.checks) == 6


def test_a_screens_grid_over_a_real_face_fails_its_check(
    real_engine: OnnxFaceEngine, read_sample: ReadSample
) -> None:
    """The grid is seen, and without a model it decides. What the model makes of a drawn grid
    is not known: it was trained on real screens.
    """
    shown = cv2.resize(read_sample("jacinda_ardern/1.jpg"), (420, 528))
    screen = np.full((900, 700, 3), 12, np.uint8)
    screen[186:714, 140:560] = np.clip(shown.astype(np.float32) * 0.8 + 50, 0, 255).astype(np.uint8)
    rows = 28 * np.sin(2 * np.pi * np.arange(900) / 3.1)[:, None, None]
    screen = np.clip(screen + rows, 0, 255).astype(np.uint8)
    photo = Photo.from_pixels(screen)
    face = real_engine.detect(photo)[0]
    outcome = judge(view_of(photo, face), face.confidence, None, LivenessPolicy())
    assert outcome.checks["screen_pattern"] < 0.2
    assert not outcome.is_live
