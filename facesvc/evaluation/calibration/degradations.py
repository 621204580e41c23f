"""Ways in which a photo of a face loses its identity, for the curve of recognizability."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from facesvc.domain.faces import BoundingBox

Pixels = NDArray[np.uint8]
# Takes the photo, uint8 (height, width, 3), BGR, and the face's box in its pixels.
Degradation = Callable[[Pixels, BoundingBox], Pixels]

# The Gaussian's standard deviation is the face's width by this: at it, different people match.
_BLUR_SHARE = 14.0
_MOTION_SHARE = 3.0  # the face moves by a third of its width
_DARK_GAIN = 0.06
_BRIGHT_GAIN = 6.0
_WASHED_OUT_GAIN, _WASHED_OUT_OFFSET = 0.15, 110.0
_JPEG_QUALITY = 2
_BOARD_GREY, _BAR_GREY = 60, 10  # of 255


def _exposed(pixels: Pixels, gain: float, offset: float = 0.0) -> Pixels:
    return np.asarray(np.clip(pixels.astype(np.float32) * gain + offset, 0, 255), np.uint8)


def _moved(pixels: Pixels, box: BoundingBox) -> Pixels:
    length = int(max(box.width, 1.0) / _MOTION_SHARE) | 1
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1.0 / length
    return np.asarray(cv2.filter2D(pixels, -1, kernel), np.uint8)


def _blurred(pixels: Pixels, box: BoundingBox) -> Pixels:
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), max(box.width, 1.0) / _BLUR_SHARE), np.uint8)


def _compressed(pixels: Pixels, _: BoundingBox) -> Pixels:
    data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def _covered(
    pixels: Pixels, box: BoundingBox, part: tuple[float, float, float, float], grey: int
) -> Pixels:
    """``part`` of the face, (left, top, right, bottom) in shares of its box, is hidden."""
    left, top, right, bottom = part
    columns = slice(_at(box.x1 + left * box.width), _at(box.x1 + right * box.width))
    rows = slice(_at(box.y1 + top * box.height), _at(box.y1 + bottom * box.height))
    covered = pixels.copy()
    covered[rows, columns] = grey
    return covered


def _cut_in_half(pixels: Pixels, box: BoundingBox) -> Pixels:
    """The photo ends in the middle of the face."""
    return np.ascontiguousarray(pixels[:, : max(_at((box.x1 + box.x2) / 2), 1)])


def _cut_below_the_eyes(pixels: Pixels, box: BoundingBox) -> Pixels:
    """The photo begins below the eyes."""
    return np.ascontiguousarray(pixels[_at(box.y1 + 0.45 * box.height) :])


def _turned(pixels: Pixels, turns: int) -> Pixels:
    return np.ascontiguousarray(np.rot90(pixels, turns))


def _at(pixel: float) -> int:
    return max(int(pixel), 0)


_BELOW_THE_FOREHEAD = (0.0, 0.3, 1.0, 1.1)
_EYES = (-0.05, 0.25, 1.05, 0.52)
_RIGHT_HALF = (0.5, -0.2, 1.2, 1.2)

DEGRADATIONS: dict[str, Degradation] = {
    "blurred": _blurred,
    "moved": _moved,
    "dark": lambda pixels, _: _exposed(pixels, _DARK_GAIN),
    "overexposed": lambda pixels, _: _exposed(pixels, _BRIGHT_GAIN),
    "washed out": lambda pixels, _: _exposed(pixels, _WASHED_OUT_GAIN, _WASHED_OUT_OFFSET),
    "negative": lambda pixels, _: np.asarray(255 - pixels, np.uint8),
    "compressed": _compressed,
    "covered": lambda pixels, box: _covered(pixels, box, _BELOW_THE_FOREHEAD, _BOARD_GREY),
    "eyes covered": lambda pixels, box: _covered(pixels, box, _EYES, _BAR_GREY),
    "half covered": lambda pixels, box: _covered(pixels, box, _RIGHT_HALF, _BOARD_GREY),
    "cut in half": _cut_in_half,
    "cut below the eyes": _cut_below_the_eyes,
    "on its left side": lambda pixels, _: _turned(pixels, 1),
    "upside down": lambda pixels, _: _turned(pixels, 2),
    "on its right side": lambda pixels, _: _turned(pixels, 3),
}

_SAMPLE_PX = 96


def fingerprint(spoil: Degradation) -> str:
    """Return 16 hexadecimal digits of what it makes of a picture: others when it changes."""
    ramp = np.add.outer(np.arange(_SAMPLE_PX), 2 * np.arange(_SAMPLE_PX)) % 256
    picture = np.repeat(ramp[:, :, None].astype(np.uint8), 3, axis=2)
    spoilt = spoil(picture, BoundingBox(20.0, 16.0, 76.0, 84.0))
    return hashlib.sha256(repr(spoilt.shape).encode() + spoilt.tobytes()).hexdigest()[:16]
