"""Recognizer inputs for calibration: a few aligned faces, varied the way that callers' vary."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from facesvc.models_build.graph.calibration_inputs import Pixels


def varied_faces(crops: Sequence[Pixels], count: int, seed: int = 0) -> Iterator[Pixels]:
    """Yield ``count`` crops, uint8 (side, side, 3): each face once as it is, then varied.

    The same arguments give the same crops. Variations are mirroring, a landmark's error of a few
    degrees and per cent, blur, exposure, contrast and sensor noise.
    """
    rng = np.random.default_rng(seed)
    for index in range(count):
        crop = crops[index % len(crops)]
        yield _varied(crop, rng) if index >= len(crops) else crop


def _varied(crop: Pixels, rng: np.random.Generator) -> Pixels:
    side = crop.shape[0]
    face = crop[:, ::-1] if rng.random() < 0.5 else crop
    turn, scale = rng.uniform(-4, 4), rng.uniform(0.95, 1.05)
    matrix = cv2.getRotationMatrix2D((side / 2, side / 2), turn, scale)
    moved = cv2.warpAffine(
        np.ascontiguousarray(face), matrix, (side, side), borderMode=cv2.BORDER_REPLICATE
    )
    if rng.random() < 0.3:
        moved = cv2.GaussianBlur(moved, (0, 0), rng.uniform(0.4, 2.0))
    light = moved.astype(np.float64) * rng.uniform(0.5, 1.4) + rng.uniform(-30, 30)
    if rng.random() < 0.4:
        light += rng.normal(size=light.shape) * rng.uniform(0, 14)
    return np.asarray(np.clip(np.rint(light), 0, 255), np.uint8)
