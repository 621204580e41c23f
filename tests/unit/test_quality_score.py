"""The quality formula and its curves."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facesvc.domain.faces import Pose
from facesvc.domain.quality_score import (
    FULL_SIDE_PX,
    HALF_SHARP_VARIANCE,
    highest_score,
    is_frontal,
    pose_score,
    score_quality,
    sharpness_score,
    size_score,
)

FRONTAL = Pose(0.0, 0.0, 0.0)
SHARP = 1e12
LARGE = FULL_SIDE_PX**2


def test_the_weights_are_those_of_the_contract() -> None:
    """Each part alone moves the score by its weight."""

    def score(confidence: float, pose: Pose, variance: float, size: float) -> float:
        return score_quality(
            confidence=confidence, pose=pose, laplacian_variance=variance, face_size=size
        ).score

    away = Pose(90.0, 0.0, 0.0)
    assert score(1.0, FRONTAL, SHARP, LARGE) == pytest.approx(1.0)
    assert score(0.0, away, 0.0, 0.0) == 0.0
    assert score(1.0, away, 0.0, 0.0) == pytest.approx(0.30)
    assert score(0.0, FRONTAL, 0.0, 0.0) == pytest.approx(0.25)
    assert score(0.0, away, SHARP, 0.0) == pytest.approx(0.25)
    assert score(0.0, away, 0.0, LARGE) == pytest.approx(0.20)


@pytest.mark.parametrize("angle", ["yaw", "pitch", "roll"])
@pytest.mark.parametrize("sign", [1, -1])
def test_each_angle_lowers_the_pose_both_ways(angle: str, sign: int) -> None:
    """Turning further is never better, and left is as bad as right."""
    angles = {"yaw": 0.0, "pitch": 0.0, "roll": 0.0}
    scores = [pose_score(Pose(**{**angles, angle: sign * degrees})) for degrees in range(0, 60, 5)]
    assert scores[0] == 1.0
    assert all(later < earlier for earlier, later in pairwise(scores))


@pytest.mark.parametrize(("angle", "edge"), [("yaw", 30.0), ("pitch", 25.0), ("roll", 20.0)])
def test_frontal_ends_where_the_contract_says(angle: str, edge: float) -> None:
    """The edge itself is not frontal, on either side, and two thirds of the curve are left."""
    angles = {"yaw": 0.0, "pitch": 0.0, "roll": 0.0}
    for sign in (1, -1):
        assert is_frontal(Pose(**{**angles, angle: sign * (edge - 0.01)}))
        assert not is_frontal(Pose(**{**angles, angle: sign * edge}))
        assert pose_score(Pose(**{**angles, angle: sign * edge})) == pytest.approx(2 / 3)


def test_sharpness_rises_with_the_variance_and_is_half_at_its_constant() -> None:
    """Blur is what is missing to 1."""
    scores = [sharpness_score(variance) for variance in (0, 1, 10, 100, 1000, 10000)]
    assert all(earlier < later for earlier, later in pairwise(scores))
    assert sharpness_score(0.0) == 0.0
    assert sharpness_score(HALF_SHARP_VARIANCE) == 0.5
    quality = score_quality(
        confidence=1, pose=FRONTAL, laplacian_variance=HALF_SHARP_VARIANCE, face_size=1
    )
    assert quality.blur == 0.5


def test_size_rises_up_to_the_recognizers_input() -> None:
    """More pixels than the recognizer takes add nothing."""
    scores = [size_score(side**2) for side in range(0, 113, 8)]
    assert all(earlier < later for earlier, later in pairwise(scores))
    assert size_score(LARGE) == size_score(100 * LARGE) == 1.0


@given(
    st.floats(-1, 2),
    st.floats(-180, 180),
    st.floats(-180, 180),
    st.floats(-180, 180),
    st.floats(-10, 1e9),
    st.floats(-10, 1e9),
)
def test_the_score_stays_in_range(
    confidence: float, yaw: float, pitch: float, roll: float, variance: float, size: float
) -> None:
    """No input, however odd, leaves 0 to 1."""
    quality = score_quality(
        confidence=confidence,
        pose=Pose(yaw, pitch, roll),
        laplacian_variance=variance,
        face_size=size,
    )
    assert 0.0 <= quality.score <= 1.0 + 1e-9
    assert 0.0 <= quality.blur <= 1.0


@given(
    st.floats(0, 1),
    st.floats(-180, 180),
    st.floats(-180, 180),
    st.floats(0, 1e6),
    st.floats(0, 1e6),
)
def test_no_pose_and_no_sharpness_surpass_the_highest_score(
    confidence: float, yaw: float, roll: float, variance: float, size: float
) -> None:
    """What the box and the confidence allow is a bound, and a perfect face reaches it."""
    highest = highest_score(confidence, size)
    pose = Pose(yaw, 0.0, roll)
    score = score_quality(
        confidence=confidence, pose=pose, laplacian_variance=variance, face_size=size
    ).score
    assert score <= highest
    perfect = score_quality(
        confidence=confidence, pose=FRONTAL, laplacian_variance=SHARP, face_size=size
    ).score
    assert perfect == pytest.approx(highest)
