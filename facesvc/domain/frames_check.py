"""Whether several frames of one check-in are of one person, and of more than one photo.

docs/liveness.md says what these checks stop and what they do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from facesvc.domain.rejection import Rejection, RejectionReason

MAX_FRAMES = 5
# Different people reach it once in 40,000 pairs, a person who turns the head stays above.
MIN_AGREEMENT = 0.45
# The landmarks' residual after the best affine map, in distances between the eyes. One photo,
# recompressed, moved, turned or held at a slant, stays below 0.018 with the default pack, which
# places landmarks less steadily than the compact ones (0.014). Two photos of a person are above
# 0.015 in 93 of 100 pairs.
MIN_MOTION = 0.02


@dataclass(frozen=True)
class FrameFace:
    """The face of one frame: ``embedding`` float32 (512,), L2-normalised, ``landmarks`` float32
    (5, 2) in pixels, pose in degrees.
    """

    embedding: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    yaw: float
    pitch: float


def check_frames(frames: Sequence[FrameFace]) -> list[Rejection]:
    """Return what speaks against the frames as of one living person; nothing of a single one."""
    pairs = list(combinations(frames, 2))
    if not pairs:
        return []
    agreement = min(float(one.embedding @ other.embedding) for one, other in pairs)
    if agreement < MIN_AGREEMENT:
        hint = "Only the person who checks in may be in the frames."
        reason = RejectionReason.FRAMES_DIFFER
        return [Rejection(reason, agreement, MIN_AGREEMENT, hint)]
    motion = max(motion_between(one.landmarks, other.landmarks) for one, other in pairs)
    if motion < MIN_MOTION:
        hint = "Move: turn the head a little, or smile, while the frames are taken."
        return [Rejection(RejectionReason.STILL_IMAGE, motion, MIN_MOTION, hint)]
    return []


def motion_between(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Return how far the landmarks moved against each other, in distances between the eyes.

    What an affine map explains is left out: a flat photo that is moved, turned or slanted before
    a camera moves so, a head in space does not.
    """
    first = np.column_stack([one, np.ones(len(one))]).astype(np.float64)
    second = other.astype(np.float64)
    mapped = first @ np.linalg.lstsq(first, second, rcond=None)[0]
    eyes = max(float(np.linalg.norm(second[1] - second[0])), 1.0)
    return float(np.sqrt(((mapped - second) ** 2).sum(axis=1).mean())) / eyes
