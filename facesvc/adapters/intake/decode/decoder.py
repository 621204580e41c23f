"""An ImageDecoder for bytes that nobody vouches for."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, partial

import cv2
import numpy as np
from numpy.typing import NDArray

from facesvc.adapters.intake.decode.checks import inspect
from facesvc.adapters.intake.decode.limits import DecodeLimits
from facesvc.adapters.intake.decode.pixels import EIGHTHS, decode_pixels
from facesvc.adapters.intake.decode.structure import Container, Structure
from facesvc.domain.photo import Photo

# Part of the digest that embeddings are bound to: a new number for new pixels.
DECODE_POLICY = "reduced-jpeg/1"

# A reduced photo keeps at least this many times the detector's side: at 640 a face wider than a
# twelfth of the long side then still has the 112 pixels of an aligned crop. Measured on enlarged
# photos of 2 to 27 MP, the cosine to the original's embedding is as high as that of a full decode
# (0.989-0.999 against 0.987-0.998); with 1.5 it falls to 0.982.
KEPT_OVER_DETECTION = 2.0
# Halves, quarters and eighths only: the odd eighths have no fast transform in libjpeg-turbo and
# cost more than decoding at the next power of two.
_REDUCTIONS = (1, 2, 4)
# EXIF orientation -> turn, then mirror left to right.
_TURNS = {
    3: cv2.ROTATE_180,
    4: cv2.ROTATE_180,
    5: cv2.ROTATE_90_CLOCKWISE,
    6: cv2.ROTATE_90_CLOCKWISE,
    7: cv2.ROTATE_90_COUNTERCLOCKWISE,
    8: cv2.ROTATE_90_COUNTERCLOCKWISE,
}
_MIRRORED = (2, 4, 5, 7)


class SafeImageDecoder:
    """Decodes JPEG, PNG and WebP after walking their structure; stateless and thread-safe.

    ``detection_size`` is the side, in pixels, to which the detector scales photos: JPEGs much
    larger are decoded at a half, a quarter or an eighth.
    """

    def __init__(self, limits: DecodeLimits | None = None, detection_size: int = 640) -> None:
        self._limits = limits or DecodeLimits()
        self._kept_side = int(detection_size * KEPT_OVER_DETECTION)

    def decode(self, data: bytes) -> Photo:
        """Return the upright photo, reduced when it is large.

        Raises ImageTooLargeError, ImageUnsupportedError, ImageUndecodableError.
        """
        found = inspect(data, self._limits)
        eighths = self._scale(found)
        photo = _build(data, found, eighths)
        if eighths == EIGHTHS:
            return photo
        # Cached: each small face of a group photo asks for the whole photo.
        return replace(photo, decode_full=cache(partial(_build, data, found, EIGHTHS)))

    def _scale(self, found: Structure) -> int:
        if found.container is not Container.JPEG:
            return EIGHTHS
        long = max(found.width, found.height)
        fits = (n for n in _REDUCTIONS if long * n >= self._kept_side * EIGHTHS)
        return next(fits, EIGHTHS)


def _build(data: bytes, found: Structure, eighths: int) -> Photo:
    pixels = _turn_upright(decode_pixels(data, found, eighths), found.orientation)
    width, height = found.width, found.height
    if found.orientation in (5, 6, 7, 8):
        width, height = height, width
    return Photo(pixels, width, height, eighths / EIGHTHS)


def _turn_upright(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    if orientation in _TURNS:
        pixels = np.asarray(cv2.rotate(pixels, _TURNS[orientation]), np.uint8)
    if orientation in _MIRRORED:
        pixels = np.asarray(cv2.flip(pixels, 1), np.uint8)
    return pixels
