"""Each liveness heuristic on pictures made to pass or fail it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from facesvc.domain.faces import BoundingBox
from facesvc.domain.photo import Photo
from facesvc.engine.liveness import LivenessPolicy, heuristics_confidence, judge
from facesvc.engine.liveness_heuristics import (
    color_distribution,
    face_proportion,
    heuristic_checks,
    screen_pattern,
    texture_complexity,
)
from facesvc.engine.view import FaceView

SKIN_BGR = (120, 150, 200)
LANDMARKS = np.array([[90, 110], [166, 110], [128, 150], [98, 190], [158, 190]], np.float32)


def view_of_pixels(pixels: NDArray[np.uint8], box: BoundingBox | None = None) -> FaceView:
    """Return a face that covers most of a picture of 256 px."""
    return FaceView(Photo.from_pixels(pixels), box or BoundingBox(48, 40, 208, 232), LANDMARKS)


def skin(noise: float, seed: int = 1) -> NDArray[np.uint8]:
    """Return skin colour with a relief of smooth noise, as skin has."""
    random = np.random.default_rng(seed)
    relief = sum(
        np.kron(random.normal(0, noise, (256 // step, 256 // step)), np.ones((step, step)))
        for step in (1, 2, 4, 8, 16)
    )
    return np.clip(np.array(SKIN_BGR) + relief[:, :, None], 0, 255).astype(np.uint8)


def grid(period_px: float) -> NDArray[np.float64]:
    """Return the stripes that a screen's rows leave."""
    return 30 * np.sin(2 * np.pi * np.arange(256) / period_px)[:, None, None]


def test_a_screens_stripes_fail_the_pattern_check() -> None:
    """A regular grid over the same picture takes the score from 1 to 0."""
    clean = skin(8)
    striped = np.clip(clean + grid(3.2), 0, 255).astype(np.uint8)
    assert screen_pattern(view_of_pixels(clean)) == 1.0
    assert screen_pattern(view_of_pixels(striped)) == 0.0


def test_a_face_too_small_for_a_pattern_is_not_suspected() -> None:
    """Where nothing can be seen nothing is held against the face."""
    assert screen_pattern(view_of_pixels(skin(8), BoundingBox(100, 100, 120, 120))) == 1.0


def test_skin_passes_and_blue_fails_the_colour_check() -> None:
    """The chroma of skin counts, not the brightness."""
    blue = np.full((256, 256, 3), (200, 120, 80), np.uint8)
    assert color_distribution(view_of_pixels(skin(3))) == 1.0
    assert color_distribution(view_of_pixels(skin(3) // 2)) > 0.9
    assert color_distribution(view_of_pixels(blue)) == 0.0


def test_a_grey_print_fails_the_colour_check() -> None:
    """Black and white has no chroma."""
    grey = np.repeat(skin(8).mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
    assert color_distribution(view_of_pixels(grey)) == 0.0


@pytest.mark.parametrize(
    ("side", "expected"), [(13, 0.25), (26, 1.0), (128, 1.0), (198, 1.0), (230, 0.48), (256, 0.0)]
)
def test_a_face_of_a_plausible_share_passes_the_proportion_check(
    side: int, expected: float
) -> None:
    """Specks and faces that fill the picture lose points."""
    box = BoundingBox(0, 0, side, side)
    assert face_proportion(view_of_pixels(skin(3), box)) == pytest.approx(expected, abs=0.02)


def test_texture_rises_with_the_relief_of_the_skin() -> None:
    """A flat surface scores 0, more relief scores more."""
    scores = [texture_complexity(view_of_pixels(skin(noise))) for noise in (0, 0.5, 1, 3, 8)]
    assert scores == sorted(scores)
    assert scores[0] == 0.0
    assert scores[-1] > 0.8


def test_the_checks_have_the_names_of_the_contract() -> None:
    """Clients read them by name."""
    checks = heuristic_checks(view_of_pixels(skin(8)), 0.9)
    assert list(checks) == [
        "screen_pattern",
        "color_distribution",
        "face_proportion",
        "detection_confidence",
        "texture_complexity",
    ]
    assert checks["detection_confidence"] == 0.9


def test_without_a_model_the_heuristics_decide_and_say_so() -> None:
    """The method tells that this was no presentation attack detection."""
    outcome = judge(view_of_pixels(skin(8)), 0.9, None, LivenessPolicy())
    assert outcome.method == "heuristics"
    assert "model" not in outcome.checks
    assert outcome.is_live
    assert outcome.confidence == heuristics_confidence(outcome.checks)


def test_one_clear_failure_is_not_outvoted() -> None:
    """Four perfect checks do not make up for a screen's grid."""
    striped = np.clip(skin(8) + grid(3.2), 0, 255).astype(np.uint8)
    outcome = judge(view_of_pixels(striped), 1.0, None, LivenessPolicy())
    assert not outcome.is_live
    assert outcome.confidence == 0.0


def test_a_box_outside_the_photo_is_survived() -> None:
    """A detector may place a box partly or wholly outside."""
    for box in (BoundingBox(-60, -60, 50, 50), BoundingBox(300, 300, 400, 400)):
        checks = heuristic_checks(view_of_pixels(skin(8), box), 0.6)
        assert all(0.0 <= score <= 1.0 for score in checks.values())
