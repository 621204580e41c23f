"""Calibrations as JSON files: shipped with the code, or beside a pack's manifest."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from facesvc.domain.calibration import LabelledPhotos, PackCalibration
from facesvc.domain.genuine import GenuineScores
from facesvc.domain.recognizability import RecognizabilityCurve
from facesvc.domain.risk import ImpostorScores, MeasuredRate
from facesvc.models.pack_errors import PackError

FORMAT = "facesvc-calibration/1"
CALIBRATION_FILE = "calibration.json"  # in the pack's folder
_SHIPPED = Path(__file__).with_name("calibrations")


def find_calibration(
    folder: Path, detector: str, recognizers: tuple[str, ...]
) -> PackCalibration | None:
    """Return the calibration of these models, by their SHA-256: the one in the pack's folder,
    else a shipped one; None when there is none. Raises PackError when the folder's is broken.
    """
    for path in (folder / CALIBRATION_FILE, *sorted(_SHIPPED.glob("*.json"))):
        if path.exists():
            found = read_calibration(path)
            if (found.detector, found.recognizers) == (detector, recognizers):
                return found
    return None


def read_calibration(path: Path) -> PackCalibration:
    """Return the calibration. Raises PackError that names the file and the reason."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document.pop("format", None) != FORMAT:
            raise ValueError(f'its "format" is not "{FORMAT}"')
        return _calibration(**document)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise PackError(f"{path}: is no calibration: {error}") from error


def write_calibration(calibration: PackCalibration, path: Path) -> None:
    """Write the calibration, the same text for the same values."""
    document = {"format": FORMAT, **asdict(calibration)}
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _calibration(
    detector: str,
    recognizers: list[str],
    source: dict[str, Any],
    recognizability: dict[str, Any],
    impostors: dict[str, Any],
    crop_recognizability: dict[str, Any] | None = None,
    sure_confidence: float | None = None,
    genuine: dict[str, Any] | None = None,
) -> PackCalibration:
    scores = {
        **impostors,
        "body": tuple((float(at), float(rate)) for at, rate in impostors["body"]),
        "measured": tuple(MeasuredRate(**rate) for rate in impostors["measured"]),
    }
    return PackCalibration(
        detector=detector,
        recognizers=tuple(recognizers),
        source=LabelledPhotos(**source),
        recognizability=_curve(recognizability),
        impostors=ImpostorScores(**scores),
        crop_recognizability=None if crop_recognizability is None else _curve(crop_recognizability),
        sure_confidence=None if sure_confidence is None else float(sure_confidence),
        genuine=None if genuine is None else _genuine(genuine),
    )


def _genuine(values: dict[str, Any]) -> GenuineScores:
    curve = tuple((float(at), float(rate)) for at, rate in values["curve"])
    return GenuineScores(**{**values, "curve": curve})


def _curve(values: dict[str, Any]) -> RecognizabilityCurve:
    return RecognizabilityCurve(**{**values, "weights": tuple(map(float, values["weights"]))})
