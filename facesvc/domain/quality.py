"""Values of face quality; the curves are in quality_score.py."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Light:
    """Light and shade of the aligned crop.

    ``brightness`` is the mean, 0 (black) to 1 (white); ``overexposed`` the share of pixels as
    bright as white, 0 to 1; ``eye_contrast`` how much darker the eyes are than the cheeks, in
    standard deviations: above 0 in every photo, whatever the skin, and below it in a negative.
    """

    brightness: float
    overexposed: float
    eye_contrast: float


@dataclass(frozen=True)
class Quality:
    """How fit a face is for recognition.

    ``score`` 0-1 (see docs/quality.md), ``blur`` 0 (sharp) to 1 (blurred), angles in degrees,
    ``face_size`` in square pixels of the original photo. Of an aligned crop the score, angles and
    size are not known, and 0. ``light`` None means not
    measured. ``recognizability`` 0-1 is known once the face was embedded, where the pack has a
    curve.
    """

    score: float
    blur: float
    pose_yaw: float
    pose_pitch: float
    pose_roll: float
    face_size: int
    is_frontal: bool
    light: Light | None = None
    recognizability: float | None = None
