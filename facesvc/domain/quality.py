"""Values of face quality; the curves are in quality_score.py."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Quality:
    """How fit a face is for recognition.

    ``score`` 0-1 (see docs/quality.md), ``blur`` 0 (sharp) to 1 (blurred), angles in degrees,
    ``face_size`` in square pixels of the original photo. ``recognizability`` 0-1 is known once
    the face was embedded, where the pack has a curve (docs/quality.md).
    """

    score: float
    blur: float
    pose_yaw: float
    pose_pitch: float
    pose_roll: float
    face_size: int
    is_frontal: bool
    recognizability: float | None = None
