"""Ways in which a photo of a face loses its identity, for the curve of recognizability."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

# The Gaussian's standard deviation is the face's width by this: at it, different people match.
_BLUR_SHARE = 14.0
_MOTION_SHARE = 3.0  # the face moves by a third of its width
_DARK_GAIN = 0.06
_BRIGHT_GAIN = 6.0


def _exposed(pixels: Pixels, gain: float) -> Pixels:
    return np.asarray(np.clip(pixels.astype(np.float32) * gain, 0, 255), np.uint8)


def _moved(pixels: Pixels, width: float) -> Pixels:
    length = int(width / _MOTION_SHARE) | 1
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1.0 / length
    return np.asarray(cv2.filter2D(pixels, -1, kernel), np.uint8)


def _blurred(pixels: Pixels, width: float) -> Pixels:
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), width / _BLUR_SHARE), np.uint8)


def _turned(pixels: Pixels, turns: int) -> Pixels:
    return np.ascontiguousarray(np.rot90(pixels, turns))


# Each takes the photo, uint8 (height, width, 3), BGR, and the width of the face in pixels.
DEGRADATIONS: dict[str, Callable[[Pixels, float], Pixels]] = {
    "blurred": _blurred,
    "moved": _moved,
    "dark": lambda pixels, _: _exposed(pixels, _DARK_GAIN),
    "overexposed": lambda pixels, _: _exposed(pixels, _BRIGHT_GAIN),
    "negative": lambda pixels, _: np.asarray(255 - pixels, np.uint8),
    "on its left side": lambda pixels, _: _turned(pixels, 1),
    "upside down": lambda pixels, _: _turned(pixels, 2),
    "on its right side": lambda pixels, _: _turned(pixels, 3),
}
