"""The quality score: four curves and their weights. docs/quality.md shows them measured."""

from __future__ import annotations

import math

from facesvc.domain.faces import Pose
from facesvc.domain.quality import Light, Quality

# The parts' weights; they sum to 1.
CONFIDENCE_WEIGHT = 0.30
POSE_WEIGHT = 0.25
SHARPNESS_WEIGHT = 0.25
SIZE_WEIGHT = 0.20

# Below these angles a face is frontal.
FRONTAL_YAW_DEG = 30.0
FRONTAL_PITCH_DEG = 25.0
FRONTAL_ROLL_DEG = 20.0

# Each angle's curve falls from 1 straight to 0 at this many times the frontal angle (yaw 90,
# pitch 75, roll 60 degrees): at the edge of frontal 2/3 of it are left.
POSE_RANGE = 3.0

# The variance of the Laplacian at which a face is half sharp. Measured on aligned crops of
# 112 px: see docs/quality.md.
HALF_SHARP_VARIANCE = 100.0

# The side in pixels from which more size adds nothing: the recognizer's input, InsightFace's
# ArcFace crop.
FULL_SIDE_PX = 112.0


def score_quality(
    *,
    confidence: float,
    pose: Pose,
    laplacian_variance: float,
    face_size: float,
    light: Light | None = None,
) -> Quality:
    """Return the quality.

    ``confidence`` is the detector's, 0-1; ``laplacian_variance`` that of the aligned grey
    crop of 112 px, 8-bit; ``face_size`` the box's area in square pixels of the photo.
    ``light`` is no part of the score.
    """
    sharpness = sharpness_score(laplacian_variance)
    score = (
        CONFIDENCE_WEIGHT * min(1.0, max(0.0, confidence))
        + POSE_WEIGHT * pose_score(pose)
        + SHARPNESS_WEIGHT * sharpness
        + SIZE_WEIGHT * size_score(face_size)
    )
    return Quality(
        score=score,
        blur=1.0 - sharpness,
        pose_yaw=pose.yaw,
        pose_pitch=pose.pitch,
        pose_roll=pose.roll,
        face_size=round(face_size),
        is_frontal=is_frontal(pose),
        light=light,
    )


def highest_score(confidence: float, face_size: float) -> float:
    """Return the score of a sharp face that looks into the camera: no pose and no sharpness give
    more.
    """
    straight = Pose(0.0, 0.0, 0.0)
    return score_quality(
        confidence=confidence, pose=straight, laplacian_variance=math.inf, face_size=face_size
    ).score


def pose_score(pose: Pose) -> float:
    """Return 1 for a face that looks into the camera, 0 for one that is turned away.

    The product of the three angles' curves: one bad angle is not made good by two others.
    """
    return (
        _angle_score(pose.yaw, FRONTAL_YAW_DEG)
        * _angle_score(pose.pitch, FRONTAL_PITCH_DEG)
        * _angle_score(pose.roll, FRONTAL_ROLL_DEG)
    )


def sharpness_score(laplacian_variance: float) -> float:
    """Return v / (v + HALF_SHARP_VARIANCE): 0 for a flat crop, towards 1 for a sharp one."""
    variance = max(0.0, laplacian_variance)
    return variance / (variance + HALF_SHARP_VARIANCE) if variance < math.inf else 1.0


def size_score(face_size: float) -> float:
    """Return the side of a square of that area by FULL_SIDE_PX, at most 1."""
    return min(1.0, math.sqrt(max(0.0, face_size)) / FULL_SIDE_PX)


def is_frontal(pose: Pose) -> bool:
    """Tell whether all three angles are inside the frontal range."""
    return (
        abs(pose.yaw) < FRONTAL_YAW_DEG
        and abs(pose.pitch) < FRONTAL_PITCH_DEG
        and abs(pose.roll) < FRONTAL_ROLL_DEG
    )


def _angle_score(angle_deg: float, frontal_deg: float) -> float:
    return max(0.0, 1.0 - abs(angle_deg) / (POSE_RANGE * frontal_deg))
