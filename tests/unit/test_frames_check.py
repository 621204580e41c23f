"""Several frames of a check-in, and the movements of a challenge."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest

from facesvc.application.challenges import TTL_S, Challenges
from facesvc.domain.challenge import Movement, check_movements
from facesvc.domain.errors import InvalidFieldError
from facesvc.domain.frames_check import FrameFace, check_frames, motion_between
from tests.fakes import embedding_of

FACE = np.array([[40, 50], [80, 50], [60, 72], [45, 95], [75, 95]], np.float32)
TURNED = FACE + np.array([[0, 0], [-3, 0], [-5, 0], [0, 0], [-3, 0]], np.float32)


def frame(
    name: str = "anna", landmarks: np.ndarray = FACE, yaw: float = 0.0, pitch: float = 0.0
) -> FrameFace:
    """A person's face in one frame."""
    return FrameFace(embedding_of(name), landmarks, yaw, pitch)


def test_frames_of_one_person_who_moves_are_in_order() -> None:
    """The nose moves against the eyes when a head turns."""
    assert check_frames([frame(), frame(landmarks=TURNED), frame()]) == []
    assert check_frames([frame()]) == []


def test_frames_of_two_people_are_told() -> None:
    """Somebody steps in for the other."""
    (fault,) = check_frames([frame(), frame("bert", TURNED)])
    assert fault.reason.value == "FRAMES_DIFFER"
    assert fault.measured < fault.limit


@pytest.mark.parametrize("angle", [0.0, 0.1, -0.4])
@pytest.mark.parametrize("slant", [0.0, 0.2])
def test_one_photo_stays_one_photo_however_it_is_moved(angle: float, slant: float) -> None:
    """Shifting, turning, enlarging and slanting it is what an affine map explains."""
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = (FACE @ (turn @ np.array([[1.2, slant], [0.0, 0.9]])).T + [30, -8]).astype(np.float32)
    assert motion_between(FACE, moved) < 1e-4
    (fault,) = check_frames([frame(), frame(landmarks=moved)])
    assert fault.reason.value == "STILL_IMAGE"


def test_movements_are_measured_against_the_first_frame() -> None:
    """A camera at an angle does not matter; left and right are the person's own."""
    wanted = (Movement.TURN_LEFT, Movement.LOOK_UP, Movement.TURN_RIGHT)
    straight = frame(yaw=10.0, pitch=-5.0)
    done = [straight, frame(yaw=-10.0), frame(yaw=10.0, pitch=8.0), frame(yaw=30.0)]
    assert check_movements(wanted, done) == []
    swapped = [straight, done[3], done[2], done[1]]
    (fault,) = check_movements(wanted, swapped)
    assert fault.reason.value == "CHALLENGE_FAILED"
    assert (fault.measured, fault.limit) == (pytest.approx(-20.0), 15.0)
    assert "frame 1 does not show you turn left" in fault.hint


def test_a_challenge_is_good_once_and_for_a_short_time() -> None:
    """Replays and late answers are refused, with the field."""
    now = [1000.0]
    challenges = Challenges(b"key", lambda: now[0])
    challenge = challenges.start()
    assert set(challenge.movements) == set(Movement)
    assert challenges.redeem(challenge.token) == challenge.movements
    with pytest.raises(InvalidFieldError, match="used before"):
        challenges.redeem(challenge.token)
    late = challenges.start()
    now[0] += TTL_S + 1
    with pytest.raises(InvalidFieldError, match="expired") as refusal:
        challenges.redeem(late.token)
    assert refusal.value.field == "challenge_token"


def test_a_forged_challenge_is_refused() -> None:
    """Another key's, another order's, and what is no token at all."""
    ours, theirs = Challenges(b"ours"), Challenges(b"theirs")
    token = ours.start().token
    signed = base64.urlsafe_b64decode(token)
    content = json.loads(signed[32:])
    content["do"].reverse()
    reordered = base64.urlsafe_b64encode(signed[:32] + json.dumps(content).encode()).decode()
    for forged in (theirs.start().token, reordered, "", "x", "ä", token[:-4]):
        with pytest.raises(InvalidFieldError, match="no challenge of this service"):
            ours.redeem(forged)
    assert Challenges(b"ours").redeem(token)  # a replica with the same key


def test_the_order_of_movements_cannot_be_known() -> None:
    """All orders come up."""
    challenges = Challenges(b"key")
    assert len({challenges.start().movements for _ in range(200)}) == 6
