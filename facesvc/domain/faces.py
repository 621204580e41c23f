"""Values that describe a face in a photo."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

EMBEDDING_SIZE = 512  # ArcFace-style recognizers, the compact pack's and the buffalo packs'


@dataclass(frozen=True)
class BoundingBox:
    """Corners in pixels of the original photo, origin top-left; may reach past its edges."""

    x1: float
    y1: float
    x2: float
    y2: float

    @property
    def width(self) -> float:
        return self.x2 - self.x1

    @property
    def height(self) -> float:
        return self.y2 - self.y1

    @property
    def area(self) -> float:
        """Square pixels of the original photo."""
        return max(0.0, self.width) * max(0.0, self.height)

    def inside(self, width: int, height: int) -> BoundingBox:
        """Return it in whole pixels inside a photo of that size: what a caller can cut out."""
        return BoundingBox(
            round(min(max(self.x1, 0.0), width)),
            round(min(max(self.y1, 0.0), height)),
            round(min(max(self.x2, 0.0), width)),
            round(min(max(self.y2, 0.0), height)),
        )


@dataclass(frozen=True)
class DetectedFace:
    """A detection: box, confidence 0-1 and five landmarks.

    ``landmarks`` is float32 (5, 2), pixels of the original photo, origin top-left: the eye,
    the other eye, nose tip, mouth corners, the left of the picture first.
    """

    box: BoundingBox
    confidence: float
    landmarks: NDArray[np.float32]


@dataclass(frozen=True)
class Pose:
    """Head rotation in degrees, 0 for a face that looks into the camera.

    ``yaw`` is positive when the face looks to the left of the picture (its own right),
    ``pitch`` when it looks up, ``roll`` when the head leans clockwise in the picture.
    """

    yaw: float
    pitch: float
    roll: float


@dataclass(frozen=True)
class Attributes:
    """Estimated age in years and gender ("M" or "F"); 0 and "" where the pack has no model."""

    age: int
    gender: str
