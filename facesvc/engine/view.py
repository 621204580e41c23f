"""One face as the models see it: decoded pixels, box and landmarks in those pixels."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from facesvc.domain.faces import BoundingBox, DetectedFace
from facesvc.domain.photo import Photo
from facesvc.engine.kernels.alignment import ARCFACE_SIZE_PX, align

ALIGNED_SIZE_PX = ARCFACE_SIZE_PX
ALIGNMENT_VERSION = "closed-form/112"


class FaceView:
    """Cuts crops of one face. Where a reduced decode leaves fewer pixels across the face
    than the aligned crop has, the photo is decoded again with as many, if it has them.

    ``box`` is float32 (4,), ``landmarks`` float32 (5, 2), both in ``pixels``.
    """

    def __init__(self, photo: Photo, box: BoundingBox, landmarks: NDArray[np.float32]) -> None:
        photo = photo.at_least(ALIGNED_SIZE_PX / max(min(box.width, box.height), 1.0))
        self.pixels = photo.pixels
        self.box = np.array([box.x1, box.y1, box.x2, box.y2], np.float32) * photo.scale
        self.landmarks = landmarks * np.float32(photo.scale)
        self._aligned: NDArray[np.uint8] | None = None

    def aligned(self) -> NDArray[np.uint8]:
        """Return the aligned crop, uint8 (112, 112, 3), BGR, cut once; black when the
        landmarks lie in one point.
        """
        # Two threads may both cut it; they get the same pixels, so no lock is needed.
        if self._aligned is None:
            self._aligned = self.aligned_by(self.landmarks)
        return self._aligned

    def aligned_by(self, landmarks: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Return the crop aligned by other landmarks, float32 (5, 2) in ``pixels``."""
        try:
            return align(self.pixels, landmarks)
        except ValueError:
            return np.zeros((ALIGNED_SIZE_PX, ALIGNED_SIZE_PX, 3), np.uint8)

    def grey(self) -> NDArray[np.uint8]:
        """Return the aligned crop in grey, uint8 (112, 112)."""
        return np.asarray(cv2.cvtColor(self.aligned(), cv2.COLOR_BGR2GRAY), np.uint8)


@dataclass(frozen=True)
class ViewedFace(DetectedFace):
    """A detection that remembers its photo and shares one view among the calls."""

    photo: Photo = field(repr=False, compare=False)
    _views: list[FaceView] = field(default_factory=list, repr=False, compare=False)

    def view(self) -> FaceView:
        """Return the view, made when first asked for: most faces of a crowd never are."""
        if not self._views:
            self._views.append(FaceView(self.photo, self.box, self.landmarks))
        return self._views[0]


def view_of(photo: Photo, face: DetectedFace) -> FaceView:
    """Return the face's own view when it is of this photo, else a new one."""
    if isinstance(face, ViewedFace) and face.photo is photo:
        return face.view()
    return FaceView(photo, face.box, face.landmarks)
