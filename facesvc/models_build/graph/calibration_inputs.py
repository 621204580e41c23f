"""Detector inputs for calibration: a few photos, varied the way that callers' photos vary."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

# SCRFD's normalisation, InsightFace model_zoo/scrfd.py: (RGB - 127.5) / 128.
MEAN, SPREAD = 127.5, 128.0

Pixels = NDArray[np.uint8]
Blob = NDArray[np.float32]


def calibration_blobs(
    photos: Sequence[Pixels], count: int, side: int, seed: int = 0
) -> Iterator[Blob]:
    """Yield ``count`` inputs, float32 (1, 3, side, side): each photo once as it is, then varied.

    ``photos`` are BGR, uint8 (height, width, 3). The same arguments give the same blobs.
    Variations are crops to a third of the side, mirroring, faces down to a quarter of their
    size, exposure, contrast and sensor noise.
    """
    rng = np.random.default_rng(seed)
    for index in range(count):
        photo = photos[index % len(photos)]
        varied = _varied(photo, side, rng) if index >= len(photos) else _letterbox(photo, side)
        yield detector_blob(varied)


def detector_blob(canvas: Pixels) -> Blob:
    """Return BGR pixels as SCRFD's input, float32 (1, 3, height, width)."""
    planes = (canvas[:, :, ::-1].astype(np.float32) - MEAN) / SPREAD
    return np.ascontiguousarray(planes.transpose(2, 0, 1)[np.newaxis], dtype=np.float32)


def _letterbox(photo: Pixels, side: int, reach: float = 1.0) -> Pixels:
    """Fit the photo into the top-left ``reach`` of a black square, as the detector does."""
    height, width = photo.shape[:2]
    scale = side * reach / max(height, width)
    size = (max(1, int(width * scale)), max(1, int(height * scale)))
    canvas: Pixels = np.zeros((side, side, 3), np.uint8)
    canvas[: size[1], : size[0]] = cv2.resize(photo, size, interpolation=cv2.INTER_AREA)
    return canvas


def _varied(photo: Pixels, side: int, rng: np.random.Generator) -> Pixels:
    height, width = photo.shape[:2]
    part = rng.uniform(0.35, 1.0)
    rows, columns = int(height * part), int(width * part)
    top = int(rng.integers(0, height - rows + 1))
    left = int(rng.integers(0, width - columns + 1))
    crop = photo[top : top + rows, left : left + columns]
    if rng.random() < 0.5:
        crop = crop[:, ::-1]
    reach = rng.uniform(0.25, 1.0) if rng.random() < 0.5 else 1.0
    light = _letterbox(np.ascontiguousarray(crop), side, reach).astype(np.float64)
    light = light * rng.uniform(0.5, 1.4) + rng.uniform(-30, 30)
    if rng.random() < 0.4:
        light += rng.normal(size=light.shape) * rng.uniform(0, 14)
    return np.clip(np.rint(light), 0, 255).astype(np.uint8)
