"""Calibrated activation ranges: what an int8 model needs besides its float32 original.

Those of the built-in packs' models were measured on the sample photos by
scripts/calibrate_int8.py and lie beside this module, so that an int8 model is the same
everywhere. For another pack's detector they are measured when it is prepared, on the photo that
is always at hand.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from facesvc.models.pack_errors import PackError

KEPT_FILE = "int8_ranges.json"
SHIPPED = {  # by the model's file name
    "scrfd.onnx": Path(__file__).with_name("compact_int8.json"),
    "sface.onnx": Path(__file__).with_name("sface_int8.json"),
    "fr_pose.onnx": Path(__file__).with_name("fr_pose_int8.json"),
}


@dataclass(frozen=True)
class Calibration:
    """``model`` is the original's SHA-256, ``photos`` maps names to theirs. ``ranges`` maps a
    tensor's name to its least and greatest value over ``count`` inputs of ``side`` pixels.
    """

    model: str
    photos: Mapping[str, str]
    count: int
    side: int
    seed: int
    ranges: Mapping[str, tuple[float, float]]

    def digest(self) -> str:
        """Return a SHA-256 over everything."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    def to_json(self) -> str:
        """Return the calibration as text, the same for the same values."""
        return json.dumps(asdict(self), indent=1, sort_keys=True) + "\n"


def from_json(text: str) -> Calibration:
    """Return the calibration. Raises PackError."""
    try:
        values = json.loads(text)
        ranges = {name: (float(low), float(high)) for name, (low, high) in values["ranges"].items()}
        return Calibration(**{**values, "ranges": ranges})
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise PackError(f"A calibration cannot be read: {error}") from error


def shipped_calibration(model_sha256: str) -> Calibration | None:
    """Return the calibration of this model that comes with the code; None when none does."""
    found = (from_json(path.read_text(encoding="utf-8")) for path in SHIPPED.values())
    return next((item for item in found if item.model == model_sha256), None)


def kept_calibration(folder: Path, model_sha256: str) -> Calibration | None:
    """Return the calibration of this model that was measured before and kept in the folder."""
    path = folder / KEPT_FILE
    if not path.exists():
        return None
    kept = from_json(path.read_text(encoding="utf-8"))
    return kept if kept.model == model_sha256 else None
