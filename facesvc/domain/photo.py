"""A decoded photo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Photo:
    """Decoded pixels, possibly at a reduced scale of the original.

    ``pixels`` is uint8 (height, width, 3), BGR, upright (EXIF orientation applied).
    ``width`` and ``height`` are the upright original's, in pixels. Coordinates that leave
    the engine are always the original's: position in ``pixels`` divided by ``scale``.
    """

    pixels: NDArray[np.uint8]
    width: int
    height: int
    scale: float = 1.0
    decode_full: Callable[[], Photo] | None = field(default=None, repr=False, compare=False)

    @classmethod
    def from_pixels(cls, pixels: NDArray[np.uint8]) -> Photo:
        """Wrap full-size BGR pixels, uint8 (height, width, 3)."""
        height, width = pixels.shape[:2]
        return cls(pixels, width, height)

    def full(self) -> Photo:
        """Return the photo at its original size, decoding it again when this one is reduced."""
        return self.decode_full() if self.decode_full is not None else self
