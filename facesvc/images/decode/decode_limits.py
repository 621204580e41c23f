"""The bounds of a decode."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024
# A JPEG that is decoded at a fraction, row by row, may have this many times the pixels of others:
# 110 megapixels where others have 50.
REDUCED_FACTOR = 2.2


@dataclass(frozen=True)
class DecodeLimits:
    """What an image may claim to be.

    ``max_side``, ``min_side`` and ``max_pixels`` are of the original, ``max_aspect`` is the long
    side over the short. ``max_pixels`` also bounds what is ever in memory of one photo: a JPEG
    that is decoded at a fraction may have ``REDUCED_FACTOR`` times as many. ``max_scans`` bounds
    a JPEG's scans, and so do ``max_scanned_pixels`` (scans x pixels), because every scan of a
    progressive JPEG visits every pixel again.
    """

    max_bytes: int = 10 * MIB
    max_pixels: int = 50_000_000  # phones of 48 megapixels
    max_side: int = 16_384
    min_side: int = 16
    max_aspect: float = 20.0
    max_scans: int = 100
    max_scanned_pixels: int = 500_000_000  # the 10 scans of libjpeg's progression at 50 MP, and 100
