"""What was measured of a pack's recognizer on labelled photos."""

from __future__ import annotations

from dataclasses import dataclass

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
    """A pack's curve of recognizability and its impostor scores.

    ``detector`` and ``recognizers`` are the SHA-256 of the files that it was measured with:
    it is of no other models.
    """

    detector: str
    recognizers: tuple[str, ...]
    source: LabelledPhotos
    recognizability: RecognizabilityCurve
    impostors: ImpostorScores

    def __post_init__(self) -> None:
        if len(self.recognizability.weights) != len(self.recognizers):
            raise ValueError("recognizability needs one weight a recognizer")
