"""What was measured of a pack's recognizer on labelled photos."""

from __future__ import annotations

from dataclasses import dataclass

from facesvc.domain.genuine import GenuineScores
from facesvc.domain.recognizability import RecognizabilityCurve
from facesvc.domain.risk import ImpostorScores


@dataclass(frozen=True)
class LabelledPhotos:
    """The photos that a calibration came from."""

    name: str
    photos: int
    people: int


@dataclass(frozen=True)
class PackCalibration:
    """A pack's curve of recognizability and its scores.

    ``detector`` and ``recognizers`` are the SHA-256 of the files that it was measured with:
    it is of no other models. ``crop_recognizability`` is the curve for faces that no detector has
    seen, on the same scale, None where it was not fitted. ``sure_confidence`` is the detector's
    that clean faces have and faces on their head have not, None where it was not measured.
    ``genuine`` are the scores of pairs of the same person, None where they were not measured.
    """

    detector: str
    recognizers: tuple[str, ...]
    source: LabelledPhotos
    recognizability: RecognizabilityCurve
    impostors: ImpostorScores
    crop_recognizability: RecognizabilityCurve | None = None
    sure_confidence: float | None = None
    genuine: GenuineScores | None = None

    def __post_init__(self) -> None:
        for curve in (self.recognizability, self.crop_recognizability):
            if curve is not None and len(curve.weights) != len(self.recognizers):
                raise ValueError("recognizability needs one weight a recognizer")
