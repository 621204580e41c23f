"""Light, shade and sharpness of the aligned crop."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from facesvc.domain.quality import Light

# Places in the aligned crop of 112 px (kernels/alignment.py): the face without its surroundings,
# the regions of the two eyes, and below them the cheeks.
_FACE = np.s_[24:104, 20:92]
_EYES = (np.s_[47:57, 32:45], np.s_[47:57, 67:80])
_CHEEKS = (np.s_[66:80, 30:44], np.s_[66:80, 68:82])

_OVEREXPOSED = 250  # of 255: a camera's white, JPEG's ringing included
_DARK_QUARTER = 25  # per cent: the lashes and pupils of an eye's region, not its white
_LEAST_SPREAD = 1.0  # grey levels: a flat crop has no contrast to divide by


def measure_light(grey: NDArray[np.uint8]) -> Light:
    """Return what the aligned crop, uint8 (112, 112), tells of its light."""
    face = grey[_FACE]
    cheeks = np.concatenate([grey[place].ravel() for place in _CHEEKS])
    eyes = np.concatenate([grey[place].ravel() for place in _EYES])
    difference = float(cheeks.mean()) - float(np.percentile(eyes, _DARK_QUARTER))
    return Light(
        brightness=float(face.mean()) / 255.0,
        overexposed=float((face >= _OVEREXPOSED).mean()),
        eye_contrast=difference / (float(face.std()) + _LEAST_SPREAD),
    )


def sharpness_of(grey: NDArray[np.uint8]) -> float:
    """Return the variance of the Laplacian of the aligned crop, uint8 (112, 112)."""
    return float(cv2.Laplacian(grey, cv2.CV_64F).var())
