"""The photos that prepared models are made and checked with."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from facesvc.models.pack_errors import PackError


def group_photo() -> Path:
    """Return InsightFace's photo of six people, the one photo that is always installed."""
    package = find_spec("insightface")
    if package is None or not package.submodule_search_locations:
        raise PackError("InsightFace is not installed: its photo is missing.")
    return Path(package.submodule_search_locations[0]) / "data" / "images" / "t1.jpg"


def read_photo(path: Path) -> NDArray[np.uint8]:
    """Return BGR pixels. Raises PackError when the file is no photo."""
    pixels = cv2.imread(str(path))
    if pixels is None:
        raise PackError(f"{path}: is no photo that can be read")
    return np.asarray(pixels, np.uint8)
