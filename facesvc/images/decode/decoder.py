"""An ImageDecoder for bytes that nobody vouches for."""

from __future__ import annotations

from functools import cache, partial

import cv2
import numpy as np
from numpy.typing import NDArray

from facesvc.domain.photo import Photo
from facesvc.images.decode.checks import inspect
from facesvc.images.decode.decode_limits import DecodeLimits
from facesvc.images.decode.pixels import EIGHTHS, decode_pixels
from facesvc.images.decode.structure import Container, Structure

# Part of the digest that embeddings are bound to: a new number for new pixels.
DECODE_POLICY = "reduced-jpeg/2"

# A reduced photo keeps at least this many times the detector's side: at 640 a face wider than an
# eighth of the long side then still has the 112 pixels of an aligned crop, and smaller ones are
# decoded again. The embedding is as near to the original's as after a full decode, which the
# detector's scaling makes coarser: benchmarks/studies/reduced_decode.py measures it.
KEPT_OVER_DETECTION = 1.4
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
    """Decodes images after walking their structure; stateless and thread-safe.

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
        data = data if found.still is None else found.still
        if found.container is not Container.JPEG:
            return _build(data, found, EIGHTHS, EIGHTHS)
        # Beyond the limit of pixels even a small face is looked at in a reduced photo.
        most = next(
            n
            for n in (EIGHTHS, *reversed(_REDUCTIONS))
            if found.width * found.height * n * n <= self._limits.max_pixels * EIGHTHS**2
        )
        wanted = _eighths(self._kept_side / max(found.width, found.height))
        return _build(data, found, min(wanted, most), most)


def _eighths(scale: float) -> int:
    """Return the smallest reduction that keeps the scale."""
    return next((n for n in _REDUCTIONS if n >= scale * EIGHTHS), EIGHTHS)


def _build(data: bytes, found: Structure, eighths: int, most: int) -> Photo:
    pixels = _turn_upright(decode_pixels(data, found, eighths), found.orientation)
    width, height = found.crop[2:] if found.crop else (found.width, found.height)
    if found.orientation in (5, 6, 7, 8):
        width, height = height, width
    if eighths == most:
        return Photo(pixels, width, height, eighths / EIGHTHS)
    # Cached: each small face of a group photo asks for more pixels. Each photo has a cache of its
    # own and is in none that it holds: a cycle would keep the pixels until the next collection.
    larger = cache(partial(_build, data, found, most=most))
    return Photo(
        pixels, width, height, eighths / EIGHTHS, lambda scale: larger(min(_eighths(scale), most))
    )


def _turn_upright(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    if orientation in _TURNS:
        pixels = np.asarray(cv2.rotate(pixels, _TURNS[orientation]), np.uint8)
    if orientation in _MIRRORED:
        pixels = np.asarray(cv2.flip(pixels, 1), np.uint8)
    return pixels
