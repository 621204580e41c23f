"""Movements that a person is asked for in an order that nobody can know before."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from facesvc.domain.frames_check import FrameFace
from facesvc.domain.rejection import Rejection, RejectionReason

MIN_TURN_DEG = 15.0  # beyond the pose model's error of 4 to 6 degrees, short of a profile
MIN_RISE_DEG = 10.0


class Movement(Enum):
    """What the person does, as seen by themselves."""

    TURN_LEFT = "TURN_LEFT"
    TURN_RIGHT = "TURN_RIGHT"
    LOOK_UP = "LOOK_UP"


def check_movements(wanted: Sequence[Movement], frames: Sequence[FrameFace]) -> list[Rejection]:
    """Return why the frames, one straight ahead and one for each movement, do not show them.

    Angles are measured against the first frame, so that a camera at an angle does not matter.
    """
    straight, moved = frames[0], frames[1:]
    for number, (movement, frame) in enumerate(zip(wanted, moved, strict=True), 1):
        angle, limit = _angle(movement, straight, frame)
        if angle < limit:
            done = movement.value.lower().replace("_", " ")
            hint = f"Start again: frame {number} does not show you {done}."
            return [Rejection(RejectionReason.CHALLENGE_FAILED, angle, limit, hint)]
    return []


def _angle(movement: Movement, straight: FrameFace, frame: FrameFace) -> tuple[float, float]:
    """Return the degrees in the wanted direction, and how many are wanted."""
    if movement is Movement.LOOK_UP:
        return frame.pitch - straight.pitch, MIN_RISE_DEG
    turn = frame.yaw - straight.yaw  # positive to the left of the picture, the person's right
    return (turn if movement is Movement.TURN_RIGHT else -turn), MIN_TURN_DEG
