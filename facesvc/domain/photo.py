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
    ``decode_again`` gives a reduced photo at the given scale or above, at most 1.
    """

    pixels: NDArray[np.uint8]
    width: int
    height: int
    scale: float = 1.0
    decode_again: Callable[[float], Photo] | None = field(default=None, repr=False, compare=False)

    @classmethod
    def from_pixels(cls, pixels: NDArray[np.uint8]) -> Photo:
        """Wrap full-size BGR pixels, uint8 (height, width, 3)."""
        height, width = pixels.shape[:2]
        return cls(pixels, width, height)

    def at_least(self, scale: float) -> Photo:
        """Return the photo at this scale or above, decoding it again when this one is smaller.

        No photo is larger than its original: a scale above 1 is taken as 1.
        """
        if self.decode_again is None or self.scale >= scale:
            return self
        return self.decode_again(min(scale, 1.0))

    def full(self) -> Photo:
        """Return the photo at its original size, decoding it again when this one is reduced."""
        return self.at_least(1.0)
