"""One face as the models see it: decoded pixels, box and landmarks in those pixels."""

from __future__ import annotations

import math
from copy import copy
from functools import cached_property
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from facesvc.domain.faces import BoundingBox, DetectedFace
from facesvc.domain.photo import Photo
from facesvc.engine.kernels.alignment import ARCFACE_SIZE_PX, align

ALIGNED_SIZE_PX = ARCFACE_SIZE_PX
ALIGNMENT_VERSION = "closed-form/112"


class Placement(Protocol):
    """Places the landmarks of a found face, float32 (5, 2), in the view's pixels."""

    def once(self, view: FaceView) -> NDArray[np.float32]:
        """Place them well enough for pose and quality, from ``view.found_landmarks``."""
        ...

    def exactly(self, view: FaceView) -> NDArray[np.float32]:
        """Place them as recognition wants them, from ``view.landmarks``."""
        ...


class AsFound:
    """Leaves the landmarks where the detector placed them."""

    def once(self, view: FaceView) -> NDArray[np.float32]:
        """Return them as they were found."""
        return view.found_landmarks

    def exactly(self, view: FaceView) -> NDArray[np.float32]:
        """Return them as they were found."""
        return view.landmarks


AS_FOUND = AsFound()


class FaceView:
    """Cuts crops of one face. A face on its head or side is turned upright first, by quarters:
    models that look at a box know nothing of its landmarks. Where a reduced decode leaves fewer
    pixels across the face than the aligned crop has, the photo is decoded again with as many, if
    it has them.

    ``box`` is float32 (4,), ``found_landmarks`` float32 (5, 2), both in ``pixels``, which
    were turned counter-clockwise by ``turned_deg``. ``placement`` places the landmarks better
    when they are first asked for. ``seen_in_box`` keeps what models answered that look at the box
    alone, in whichever way the landmarks are placed.
    """

    def __init__(
        self,
        photo: Photo,
        box: BoundingBox,
        landmarks: NDArray[np.float32],
        placement: Placement = AS_FOUND,
    ) -> None:
        photo = photo.at_least(ALIGNED_SIZE_PX / max(min(box.width, box.height), 1.0))
        self.pixels = photo.pixels
        self.box = np.array([box.x1, box.y1, box.x2, box.y2], np.float32) * photo.scale
        self.scale = photo.scale
        self.found_landmarks = landmarks * np.float32(photo.scale)
        self.turned_deg = 0.0
        self._widths: list[int] = []  # of the pixels before each quarter turn
        for _ in range(_quarters(self.found_landmarks)):
            self._turn()
        # Two threads may both fill these; they get the same numbers, so no lock is needed.
        self._landmarks: NDArray[np.float32] | None = None
        self._placement = placement
        self._aligned: NDArray[np.uint8] | None = None
        self._as_found = self if placement is AS_FOUND else None
        self.seen_in_box: dict[str, tuple[float, float]] = {}

    def _turn(self) -> None:
        """Turn everything by a quarter, counter-clockwise."""
        width = self.pixels.shape[1]
        self.pixels = np.ascontiguousarray(np.rot90(self.pixels))
        x1, y1, x2, y2 = self.box
        self.box = np.array([y1, width - 1 - x2, y2, width - 1 - x1], np.float32)
        x, y = self.found_landmarks.T
        self.found_landmarks = np.stack([y, width - 1 - x], axis=1).astype(np.float32)
        self._widths.append(width)
        self.turned_deg += 90.0

    def to_photo(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return points (n, 2) of ``pixels`` in coordinates of the original photo."""
        for width in reversed(self._widths):
            points = np.stack([width - 1 - points[:, 1], points[:, 0]], axis=1)
        return np.asarray(points / np.float32(self.scale), np.float32)

    @property
    def landmarks(self) -> NDArray[np.float32]:
        """The landmarks, float32 (5, 2), in ``pixels``, good enough for pose and quality."""
        if self._landmarks is None:
            self._landmarks = self._placement.once(self)
        return self._landmarks

    def as_found(self) -> FaceView:
        """Return the same view with its landmarks where the detector found them, unless they
        were placed already.
        """
        if self._landmarks is not None:
            return self
        if self._as_found is None:
            found = copy(self)
            found._placement, found._landmarks, found._aligned = AS_FOUND, None, None
            self._as_found = found._as_found = found
        return self._as_found

    def aligned(self) -> NDArray[np.uint8]:
        """Return the aligned crop, uint8 (112, 112, 3), BGR, cut once; black when the
        landmarks lie in one point.
        """
        if self._aligned is None:
            self._aligned = self._cut(self.landmarks)
        return self._aligned

    def aligned_exactly(self) -> NDArray[np.uint8]:
        """Return the crop for recognition, uint8 (112, 112, 3), BGR; it is ``aligned()`` unless
        the placement knows better.
        """
        landmarks = self._placement.exactly(self)
        return self.aligned() if landmarks is self.landmarks else self._cut(landmarks)

    def _cut(self, landmarks: NDArray[np.float32]) -> NDArray[np.uint8]:
        try:
            return align(self.pixels, landmarks)
        except ValueError:
            return np.zeros((ALIGNED_SIZE_PX, ALIGNED_SIZE_PX, 3), np.uint8)

    @property
    def side_px(self) -> float:
        """The shorter side of the box in pixels of the original photo."""
        x1, y1, x2, y2 = self.box
        return float(min(x2 - x1, y2 - y1)) / self.scale

    def grey(self) -> NDArray[np.uint8]:
        """Return the aligned crop in grey, uint8 (112, 112)."""
        return np.asarray(cv2.cvtColor(self.aligned(), cv2.COLOR_BGR2GRAY), np.uint8)


def _quarters(landmarks: NDArray[np.float32]) -> int:
    """Return how many quarter turns counter-clockwise bring the eyes nearest to level."""
    across = landmarks[1] - landmarks[0]
    return round(math.degrees(math.atan2(float(across[1]), float(across[0]))) / 90.0) % 4


class ViewedFace(DetectedFace):
    """A detection that remembers its photo and shares one view among the calls. Where the pack
    places landmarks, that is done when they are first asked for: most faces of a crowd never are.

    Args:
        box: as DetectedFace's.
        confidence: as DetectedFace's.
        found: float32 (5, 2), the landmarks as the detector found them.
        photo: where it was found.
        placement: how the pack places landmarks.

    """

    photo: Photo
    _found: NDArray[np.float32]
    _placement: Placement

    def __init__(
        self,
        box: BoundingBox,
        confidence: float,
        found: NDArray[np.float32],
        photo: Photo,
        placement: Placement = AS_FOUND,
    ) -> None:
        # Not the base's own, which wants the landmarks at once; frozen after this.
        vars(self).update(box=box, confidence=confidence, photo=photo)
        vars(self).update(_found=found, _placement=placement)

    @cached_property
    def landmarks(self) -> NDArray[np.float32]:
        """The landmarks, float32 (5, 2), in pixels of the original photo."""
        if self._placement is AS_FOUND:
            return self._found
        return self.view.to_photo(self.view.landmarks)

    @cached_property
    def view(self) -> FaceView:
        """The view, made when first asked for."""
        return FaceView(self.photo, self.box, self._found, self._placement)


def view_of(photo: Photo, face: DetectedFace, placement: Placement = AS_FOUND) -> FaceView:
    """Return the face's own view when it is of this photo, else a new one."""
    if isinstance(face, ViewedFace) and face.photo is photo:
        return face.view
    return FaceView(photo, face.box, face.landmarks, placement)
