"""Which faces may be enrolled, and what a person is told about the others."""

from __future__ import annotations

from facesvc.domain.quality import Quality
from facesvc.domain.quality_score import FRONTAL_PITCH_DEG, FRONTAL_ROLL_DEG, FRONTAL_YAW_DEG
from facesvc.domain.rejection import Rejection, RejectionReason

# Beyond these a low score is explained by its causes. They explain, the score decides.
MAX_BLUR = 0.7
MIN_FACE_SIZE_PX2 = 80 * 80


def check_quality(quality: Quality, threshold: float) -> list[Rejection]:
    """Return why a face of this quality may not be enrolled; an empty list when it may."""
    if quality.score >= threshold:
        return []
    rejections = [
        Rejection(
            RejectionReason.LOW_QUALITY,
            quality.score,
            threshold,
            "Take a sharp, well lit photo from the front, closer to the camera.",
        )
    ]
    if quality.blur > MAX_BLUR:
        rejections.append(
            Rejection(
                RejectionReason.TOO_BLURRED,
                quality.blur,
                MAX_BLUR,
                "Hold the camera still, clean its lens and use more light.",
            )
        )
    angle, limit = max(
        (
            (abs(quality.pose_yaw), FRONTAL_YAW_DEG),
            (abs(quality.pose_pitch), FRONTAL_PITCH_DEG),
            (abs(quality.pose_roll), FRONTAL_ROLL_DEG),
        ),
        key=lambda pair: pair[0] / pair[1],
    )
    if angle >= limit:
        rejections.append(
            Rejection(RejectionReason.EXTREME_POSE, angle, limit, "Look straight at the camera.")
        )
    if quality.face_size < MIN_FACE_SIZE_PX2:
        rejections.append(
            Rejection(
                RejectionReason.FACE_TOO_SMALL,
                quality.face_size,
                MIN_FACE_SIZE_PX2,
                "Come closer to the camera or use a larger photo.",
            )
        )
    return rejections
