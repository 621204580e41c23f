"""Other ways to present a photo's pixels to a detector, and the way back for what it finds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facesvc.domain.faces import BoundingBox, DetectedFace

Pixels = NDArray[np.uint8]

# Mid-grey is what SCRFD's normalisation maps to zero, its own padding. On crops cut at or inside
# the face's box it was found with more confidence than on black (0.82-0.86 against 0.64-0.75).
MARGIN_GREY = 127
# Each tile's share of a side. Four tiles of 0.55 overlap by a tenth of the side; a face too small
# for the whole photo is far narrower than that, so one tile holds all of it.
TILE_SHARE = 0.55
# Two detections that share this much of the smaller one are one face seen in two tiles.
_SAME_FACE_OVERLAP = 0.5


@dataclass(frozen=True)
class Frame:
    """Pixels derived from a photo's, and the affine map from their coordinates to the photo's.

    ``pixels`` is uint8 (height, width, 3). A point p of the frame, float (2,), is the point
    ``matrix @ p + offset`` of the photo's pixels; matrix is (2, 2).
    """

    pixels: Pixels
    matrix: NDArray[np.float64]
    offset: NDArray[np.float64]

    def to_photo(self, face: DetectedFace, scale: float) -> DetectedFace:
        """Return a face found in this frame in coordinates of the original photo, of which the
        framed pixels are ``scale`` times the size.
        """
        box = face.box
        corners = self._map(np.array([[box.x1, box.y1], [box.x2, box.y2]])) / scale
        (x1, y1), (x2, y2) = corners.min(axis=0), corners.max(axis=0)
        landmarks = (self._map(face.landmarks) / scale).astype(np.float32)
        return DetectedFace(
            BoundingBox(float(x1), float(y1), float(x2), float(y2)), face.confidence, landmarks
        )

    def _map(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        return points.astype(np.float64) @ self.matrix.T + self.offset


def with_margin(pixels: Pixels, detection_size: int) -> Frame:
    """Return the photo at half its share of a square frame, in the middle of grey: a face that
    fills the photo is too large for a detector and lacks the surroundings that it knows.

    Large photos are thinned out to ``detection_size`` first; so large a face does not suffer.
    """
    step = -(-max(pixels.shape[:2]) // detection_size)
    thinned = pixels[::step, ::step]
    height, width = thinned.shape[:2]
    side = 2 * max(height, width)
    top, left = (side - height) // 2, (side - width) // 2
    framed = np.full((side, side, 3), MARGIN_GREY, np.uint8)
    framed[top : top + height, left : left + width] = thinned
    matrix = np.eye(2) * step
    return Frame(framed, matrix, -matrix @ np.array([left, top], np.float64))


def tiles(pixels: Pixels) -> Iterator[Frame]:
    """Yield four overlapping quarters, in which faces are nearly twice as large."""
    height, width = pixels.shape[:2]
    tall, wide = round(height * TILE_SHARE), round(width * TILE_SHARE)
    for top in (0, height - tall):
        for left in (0, width - wide):
            tile = np.ascontiguousarray(pixels[top : top + tall, left : left + wide])
            yield Frame(tile, np.eye(2), np.array([left, top], np.float64))


def rotations(pixels: Pixels) -> Iterator[Frame]:
    """Yield the photo turned by 90, 180 and 270 degrees counter-clockwise."""
    height, width = pixels.shape[:2]
    quarter, half = np.array([[0.0, -1.0], [1.0, 0.0]]), -np.eye(2)
    ways = (
        (1, quarter, (width - 1, 0)),
        (2, half, (width - 1, height - 1)),
        (3, quarter.T, (0, height - 1)),
    )
    for turns, matrix, offset in ways:
        turned = np.ascontiguousarray(np.rot90(pixels, turns))
        yield Frame(turned, matrix, np.array(offset, np.float64))


def without_doubles(faces: list[DetectedFace]) -> list[DetectedFace]:
    """Return each face once, the most confident sight of it, most confident first."""
    kept: list[DetectedFace] = []
    for face in sorted(faces, key=lambda face: -face.confidence):
        if not any(_same(face.box, other.box) for other in kept):
            kept.append(face)
    return kept


def _same(a: BoundingBox, b: BoundingBox) -> bool:
    wide = min(a.x2, b.x2) - max(a.x1, b.x1)
    tall = min(a.y2, b.y2) - max(a.y1, b.y1)
    return max(0.0, wide) * max(0.0, tall) > _SAME_FACE_OVERLAP * min(a.area, b.area)
