"""Ways in which a photo of a face loses its identity, as functions of the pixels."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
# Each takes the photo, BGR, and the face's box (x1, y1, x2, y2) in its pixels.
Degradation = Callable[[Pixels, tuple[float, float, float, float]], Pixels]


def _exposed(pixels: Pixels, gain: float, offset: float = 0.0) -> Pixels:
    return np.clip(pixels.astype(np.float32) * gain + offset, 0, 255).astype(np.uint8)


def _blurred(pixels: Pixels, width: float) -> Pixels:
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), width / 14), np.uint8)


def _shrunk(pixels: Pixels, width: float) -> Pixels:
    """As small as a face of 22 px, and enlarged again."""
    scale = 22 / width
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    size = (pixels.shape[1], pixels.shape[0])
    return np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_CUBIC), np.uint8)


def _compressed(pixels: Pixels, width: float) -> Pixels:
    """At LFW's size of a face, as little quality as JPEG has."""
    scale = 94 / width
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    _, data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 2])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def _covered(pixels: Pixels, box: tuple[float, float, float, float]) -> Pixels:
    """All below the forehead is behind a grey board."""
    x1, y1, x2, y2 = (int(value) for value in box)
    covered = pixels.copy()
    covered[y1 + int(0.3 * (y2 - y1)) : y2 + (y2 - y1) // 10, x1:x2] = 60
    return covered


DEGRADATIONS: dict[str, Degradation] = {
    "blurred": lambda pixels, box: _blurred(pixels, box[2] - box[0]),
    "dark": lambda pixels, _: _exposed(pixels, 0.06),
    "overexposed": lambda pixels, _: _exposed(pixels, 6.0),
    "washed_out": lambda pixels, _: _exposed(pixels, 0.3, 195.0),
    "negative": lambda pixels, _: np.asarray(255 - pixels, np.uint8),
    "shrunk": lambda pixels, box: _shrunk(pixels, box[2] - box[0]),
    "compressed": lambda pixels, box: _compressed(pixels, box[2] - box[0]),
    "covered": _covered,
    "half": lambda pixels, box: np.ascontiguousarray(pixels[:, : int((box[0] + box[2]) / 2)]),
}
TURNS: dict[str, Callable[[Pixels], Pixels]] = {
    name: partial(lambda turns, pixels: np.ascontiguousarray(np.rot90(pixels, turns)), turns)
    for name, turns in (("left", 1), ("upside_down", 2), ("right", 3))
}
