"""Why a face was not enrolled, or a check-in is no match, as the person is told."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from facesvc.domain.liveness import Liveness, LivenessReason


class RejectionReason(Enum):
    """The contract's reasons."""

    LOW_QUALITY = "LOW_QUALITY"
    TOO_BLURRED = "TOO_BLURRED"
    EXTREME_POSE = "EXTREME_POSE"
    FACE_TOO_SMALL = "FACE_TOO_SMALL"
    NOT_LIVE = "NOT_LIVE"
    DUPLICATE_PERSON = "DUPLICATE_PERSON"
    BELOW_THRESHOLD = "BELOW_THRESHOLD"
    CLOSE_SECOND = "CLOSE_SECOND"
    NOBODY_ENROLLED = "NOBODY_ENROLLED"
    NOT_RECOGNIZABLE = "NOT_RECOGNIZABLE"
    TOO_DARK = "TOO_DARK"
    OVEREXPOSED = "OVEREXPOSED"
    UPSIDE_DOWN = "UPSIDE_DOWN"
    INVERTED = "INVERTED"
    FRAMES_DIFFER = "FRAMES_DIFFER"
    STILL_IMAGE = "STILL_IMAGE"
    CHALLENGE_FAILED = "CHALLENGE_FAILED"
    NOT_SAME_PERSON = "NOT_SAME_PERSON"


@dataclass(frozen=True)
class Rejection:
    """One reason with the ``measured`` value, the ``limit`` it missed, and what would help."""

    reason: RejectionReason
    measured: float
    limit: float
    hint: str


def not_live(liveness: Liveness) -> Rejection:
    """Return what is said of a face that does not look live."""
    hint = "Photograph the person, not a picture or a screen."
    if liveness.reason is LivenessReason.TOO_SMALL_TO_TELL:
        hint = "Come closer: the face is too small to tell whether it is live."
    return Rejection(RejectionReason.NOT_LIVE, liveness.confidence, liveness.threshold, hint)
