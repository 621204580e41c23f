"""The bounds of a decode."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True)
class DecodeLimits:
    """What an image may claim to be.

    ``max_side``, ``min_side`` and ``max_pixels`` are of the original, ``max_aspect`` is the long
    side over the short. ``max_scans`` bounds a JPEG's scans, and so do ``max_scanned_pixels``
    (scans x pixels), because every scan of a progressive JPEG visits every pixel again.
    """

    max_bytes: int = 10 * MIB
    max_pixels: int = 40_000_000
    max_side: int = 12_000
    min_side: int = 16
    max_aspect: float = 20.0
    max_scans: int = 100
    max_scanned_pixels: int = 500_000_000  # the 10 scans of libjpeg's progression at 40 MP, and 100
