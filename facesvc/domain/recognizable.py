"""Which faces carry an identity at all, and what is said of the others.

Faces without one look alike: two people blurred, or on their head, match each other. None of
them may be enrolled, or be answered with a match. The limits were chosen on labelled photos:
docs/quality.md says how many real faces each costs and what it stops.
"""

from __future__ import annotations

from dataclasses import dataclass

from facesvc.domain.quality import Quality
from facesvc.domain.rejection import Rejection, RejectionReason

MAX_BLUR = 0.82  # a variance of the Laplacian of 22
MIN_BRIGHTNESS = 0.15
MAX_OVEREXPOSED = 0.3
MIN_EYE_CONTRAST = 0.5
MAX_ROLL_DEG = 135.0  # beyond it a head stands upside down, rather than on its side

# Of the limit: all of 270 faces that the default pack found in photos on their side had less, and 1
# in 700 of clean ones. Two more looks at the photo cost too much for those that lack a little.
SIDE_SHARE = 0.1

# What most likely took the identity where no cause is beyond its own limit.
_DOUBTFUL_BLUR = 0.7
_DOUBTFUL_BRIGHTNESS = 0.25
_DOUBTFUL_OVEREXPOSED = 0.1
_DOUBTFUL_YAW_DEG, _DOUBTFUL_PITCH_DEG, _DOUBTFUL_ROLL_DEG = 45.0, 30.0, 45.0
_DOUBTFUL_SIZE_PX2 = 50 * 50

_HINTS = {
    RejectionReason.TOO_BLURRED: "Hold the camera still, clean its lens and use more light.",
    RejectionReason.TOO_DARK: "Use more light, from the front.",
    RejectionReason.OVEREXPOSED: "Use less light, or turn away from it.",
    RejectionReason.INVERTED: "Send the photo itself, not its negative.",
    RejectionReason.UPSIDE_DOWN: "Turn the photo upright.",
}


@dataclass(frozen=True)
class RecognizabilityRule:
    """``limit`` of recognizability, 0 to 1; None where the pack has no curve: then only the
    causes that are seen without one are looked for. ``match_anyway`` lets probes match that
    are not recognizable, where a call does not say. A detector that is at least as sure as
    ``sure_confidence`` saw a face that does not stand on its head; None: not measured.
    """

    limit: float | None = None
    match_anyway: bool = False
    sure_confidence: float | None = None

    def faults(self, quality: Quality) -> list[Rejection]:
        """Return why the face carries no identity; an empty list when it does."""
        faults = _seen_causes(quality)
        if self.is_short_of_identity(quality):
            reason, value = RejectionReason.NOT_RECOGNIZABLE, quality.recognizability or 0.0
            faults.append(Rejection(reason, value, self.limit or 0.0, _likely_cause(quality)))
        return faults

    def is_short_of_identity(self, quality: Quality) -> bool:
        """Tell whether the recognizability is below the limit, whatever the cause."""
        value = quality.recognizability
        return self.limit is not None and value is not None and value < self.limit

    def may_stand_on_its_head(self, quality: Quality) -> bool:
        """Tell whether the face is like one that stands on its head: without much identity, or with
        eyes that are brighter than what is taken for the cheeks.
        """
        light = quality.light
        inverted = light is not None and light.eye_contrast < MIN_EYE_CONTRAST
        return inverted or self.is_short_of_identity(quality)

    def may_lie_on_its_side(self, quality: Quality) -> bool:
        """Tell whether the face is like one that was found in a photo on its side: with next to no
        identity, or with eyes that are brighter than what is taken for the cheeks.
        """
        value, light = quality.recognizability, quality.light
        inverted = light is not None and light.eye_contrast < MIN_EYE_CONTRAST
        little = self.limit is not None and value is not None and value < SIDE_SHARE * self.limit
        return inverted or little

    def is_surely_upright(self, quality: Quality, confidence: float) -> bool:
        """Tell whether a face that was not embedded does not stand on its head for certain."""
        if self.sure_confidence is None or confidence < self.sure_confidence:
            return False
        return not self.may_stand_on_its_head(quality)

    def may_match(self, faults: list[Rejection], match_anyway: bool | None) -> bool:
        """Tell whether a probe with these faults may be answered with a match."""
        allowed = self.match_anyway if match_anyway is None else match_anyway
        return allowed or not faults


def _seen_causes(quality: Quality) -> list[Rejection]:
    causes = []
    if quality.blur > MAX_BLUR:
        causes.append((RejectionReason.TOO_BLURRED, quality.blur, MAX_BLUR))
    light = quality.light
    if light is not None and light.brightness < MIN_BRIGHTNESS:
        causes.append((RejectionReason.TOO_DARK, light.brightness, MIN_BRIGHTNESS))
    if light is not None and light.overexposed > MAX_OVEREXPOSED:
        causes.append((RejectionReason.OVEREXPOSED, light.overexposed, MAX_OVEREXPOSED))
    if light is not None and light.eye_contrast < MIN_EYE_CONTRAST and not causes:
        causes.append((RejectionReason.INVERTED, light.eye_contrast, MIN_EYE_CONTRAST))
    return [Rejection(*cause, _HINTS[cause[0]]) for cause in causes]


def upside_down() -> Rejection:
    """Return what is said of a face that stands on its head and is not turned."""
    reason = RejectionReason.UPSIDE_DOWN
    return Rejection(reason, 180.0, MAX_ROLL_DEG, _HINTS[reason])


def _likely_cause(quality: Quality) -> str:
    """Return what would most likely help."""
    light = quality.light
    if quality.blur > _DOUBTFUL_BLUR:
        return _HINTS[RejectionReason.TOO_BLURRED]
    if light is not None and light.brightness < _DOUBTFUL_BRIGHTNESS:
        return _HINTS[RejectionReason.TOO_DARK]
    if light is not None and light.overexposed > _DOUBTFUL_OVEREXPOSED:
        return _HINTS[RejectionReason.OVEREXPOSED]
    if (
        abs(quality.pose_yaw) > _DOUBTFUL_YAW_DEG
        or abs(quality.pose_pitch) > _DOUBTFUL_PITCH_DEG
        or abs(quality.pose_roll) > _DOUBTFUL_ROLL_DEG
    ):
        return "Look straight at the camera."
    if 0 < quality.face_size < _DOUBTFUL_SIZE_PX2:  # 0: not known
        return "Come closer to the camera or use a larger photo."
    return "Show the whole face upright, uncovered and in even light."
