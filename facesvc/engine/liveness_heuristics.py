"""Five cheap looks at a face that printed or displayed photos sometimes fail.

They are hints, not presentation attack detection: docs/liveness.md has the figures.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from facesvc.engine.view import FaceView

# Skin in YCrCb, 8-bit: Chai and Ngan 1999, "Face segmentation using skin-color map".
SKIN_CR = (133, 173)
SKIN_CB = (77, 127)
FULL_SKIN_SHARE = 0.5  # of the aligned crop; the rest is eyes, mouth, hair, background

# The spectrum of a screen's pixel grid: single peaks high above their ring's median.
FFT_SIDE_PX, FFT_STEP_PX = 256, 32  # the largest window, and what its side is a multiple of
RING_FROM, RING_TO = 0.25, 0.95  # of the Nyquist frequency: below is the face itself
PEAK_FREE, PEAK_CERTAIN = 10.0, 30.0  # peak / median of its ring: clean and clearly periodic

# Share of the photo that a selfie's or a portrait's face covers; outside it falls to 0.
LEAST_SHARE, LOW_SHARE, HIGH_SHARE, MOST_SHARE = 0.0, 0.01, 0.60, 1.0

# Entropy in bits of the aligned crop's gradient strengths in 32 classes of 8 grey levels.
GRADIENT_CLASSES, GRADIENT_STEP = 32, 8.0
FLAT_ENTROPY, RICH_ENTROPY = 1.5, 4.0  # the 5 % of real faces at the lower end had 3.0 to 3.8


def heuristic_checks(view: FaceView, confidence: float) -> dict[str, float]:
    """Return each check's score 0-1, 1 for a face that looks live."""
    return {
        "screen_pattern": screen_pattern(view),
        "color_distribution": color_distribution(view),
        "face_proportion": face_proportion(view),
        "detection_confidence": min(1.0, max(0.0, confidence)),
        "texture_complexity": texture_complexity(view),
    }


def screen_pattern(view: FaceView) -> float:
    """Return 1 when the face's spectrum has no isolated peaks, 0 when it clearly has.

    The grid of a screen or a print raster beats with the camera's own into a periodic
    pattern. It is looked for in the pixels as they are: resizing would remove it.
    """
    x1, y1, x2, y2 = (int(value) for value in view.box)
    region = view.pixels[max(0, y1) : max(0, y2), max(0, x1) : max(0, x2)]
    side = min(*region.shape[:2], FFT_SIDE_PX) // FFT_STEP_PX * FFT_STEP_PX
    if side == 0:
        return 1.0  # too few pixels to hold a pattern
    top, left = (region.shape[0] - side) // 2, (region.shape[1] - side) // 2
    grey = cv2.cvtColor(region[top : top + side, left : left + side], cv2.COLOR_BGR2GRAY)
    return _falling(_highest_peak(grey.astype(np.float32)), PEAK_FREE, PEAK_CERTAIN)


def color_distribution(view: FaceView) -> float:
    """Return how much of the aligned crop has the chroma of skin, FULL_SKIN_SHARE being 1."""
    chroma = cv2.cvtColor(view.aligned(), cv2.COLOR_BGR2YCrCb)[:, :, 1:]
    low, high = (SKIN_CR[0], SKIN_CB[0]), (SKIN_CR[1], SKIN_CB[1])
    share = float(np.mean(np.all((chroma >= low) & (chroma <= high), axis=2)))
    return min(1.0, share / FULL_SKIN_SHARE)


def face_proportion(view: FaceView) -> float:
    """Return 1 when the face covers a plausible share of the photo, falling to 0 outside."""
    height, width = view.pixels.shape[:2]
    x1, y1, x2, y2 = (float(value) for value in view.box)
    share = (x2 - x1) * (y2 - y1) / (width * height)
    if share < LOW_SHARE:
        return 1.0 - _falling(share, LEAST_SHARE, LOW_SHARE)
    return _falling(share, HIGH_SHARE, MOST_SHARE)


def texture_complexity(view: FaceView) -> float:
    """Return how varied the gradients of the aligned crop are: skin has fine relief that a
    screen or a print loses.
    """
    grey = view.grey().astype(np.float32)
    strength = cv2.magnitude(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    classes = np.minimum(strength / GRADIENT_STEP, GRADIENT_CLASSES - 1).astype(np.int64)
    shares = np.bincount(classes.ravel(), minlength=GRADIENT_CLASSES) / classes.size
    entropy = -float(np.sum(shares[shares > 0] * np.log2(shares[shares > 0])))
    return 1.0 - _falling(entropy, FLAT_ENTROPY, RICH_ENTROPY)


def _highest_peak(grey: NDArray[np.float32]) -> float:
    """Return the largest ratio of a frequency's strength to the median of its ring."""
    window = np.hanning(grey.shape[0])
    spectrum = np.abs(np.fft.rfft2((grey - grey.mean()) * np.outer(window, window))).ravel()
    rings = [spectrum[ring] for ring in _rings(grey.shape[0])]
    return max(float(ring.max() / (np.median(ring) + 1e-6)) for ring in rings)


@lru_cache(maxsize=FFT_SIDE_PX // FFT_STEP_PX)
def _rings(side: int) -> list[NDArray[np.intp]]:
    """Return the places of each ring, one frequency wide, in the flattened half spectrum."""
    down, across = np.fft.fftfreq(side, 1 / side), np.fft.rfftfreq(side, 1 / side)
    radius = np.hypot(down[:, None], across[None, :]).astype(np.int64).ravel()
    numbers = range(int(RING_FROM * side / 2), int(RING_TO * side / 2))
    return [np.flatnonzero(radius == number) for number in numbers]


def _falling(value: float, one_until: float, zero_from: float) -> float:
    """Return 1 up to ``one_until``, 0 from ``zero_from``, a straight line between."""
    return min(1.0, max(0.0, (zero_from - value) / (zero_from - one_until)))
