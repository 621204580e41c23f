"""Finding the faces of a photo, with second looks before the answer is that there is none."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from facesvc.application.call import Call
from facesvc.application.ports.engine import FaceEngine
from facesvc.domain.faces import DetectedFace
from facesvc.domain.frames import Frame, rotations, tiles, with_margin, without_doubles
from facesvc.domain.photo import Photo

# A turned face can be detected as if it were upright, with landmarks that are wrong: in 42 photos
# with up to 0.82 confidence, always less than in the right turn (0.66-0.90).
_SURELY_UPRIGHT = 0.85

# Eyes on a steeper line than this are of a face that stands on its side.
_STEEP_DEG = 45.0

# Below twice the detector's side a quarter of the photo has no detail that the first look,
# which enlarges smaller photos, did not have.
_ZOOM_FROM_SIDES = 2.0


class RotationRetry(StrEnum):
    """When a photo is turned. AUTO: where there is a sign that it does not stand upright; no
    face, eyes on a steep line, or (PhotoFaces) a face without an identity. ALWAYS: unless a
    face is surely upright.
    """

    OFF = "false"
    ALWAYS = "true"
    AUTO = "auto"


@dataclass(frozen=True)
class FaceFinder:
    """Detects faces; where there seem to be none, looks again in other ways.

    In this order, until one finds a face: at half the scale within a margin (tight crops), in
    four enlarged quarters (small faces in large photos). ``rotation_retry`` says when the photo
    is also turned upside down and on its sides; the turn that finds a face with the most
    confidence wins. ``detection_size`` is the side of the detector's input in pixels.
    """

    engine: FaceEngine
    detection_size: int = 640
    rotation_retry: RotationRetry = RotationRetry.AUTO

    def find(self, photo: Photo, call: Call) -> list[DetectedFace]:
        """Return every face, most confident first, in the original photo's coordinates; an empty
        list when there is none. Raises CallEndedError between two looks.
        """
        call.check()
        faces = self.engine.detect(photo) or self.within_margin(photo, call)
        faces = faces or self._small(photo, call)
        if self._wants_turning(faces):
            return max(faces, self._turned(photo, call), key=_confidence)
        return faces

    def other_ways_up(self, photo: Photo, call: Call, *, sides: bool) -> list[DetectedFace]:
        """Return the faces of the photo upside down, and with ``sides`` on either side, as ``find``
        does; upside down only where nothing may be turned, so that it can be told.
        """
        left, half, right = rotations(photo.pixels)
        ways = [half]
        if sides and self.rotation_retry is not RotationRetry.OFF:
            ways = [left, half, right]
        return self._look(ways, photo.scale, call)

    def within_margin(self, photo: Photo, call: Call) -> list[DetectedFace]:
        """Return the faces of the photo at half the scale within a margin, as ``find`` does."""
        frame = with_margin(photo.pixels, self.detection_size)
        return self._look([frame], photo.scale, call)

    def _wants_turning(self, faces: list[DetectedFace]) -> bool:
        if self.rotation_retry is RotationRetry.ALWAYS:
            return _confidence(faces) < _SURELY_UPRIGHT
        if self.rotation_retry is RotationRetry.AUTO:
            return not faces or abs(_slope_deg(faces[0])) > _STEEP_DEG
        return False

    def _small(self, photo: Photo, call: Call) -> list[DetectedFace]:
        if max(photo.width, photo.height) < _ZOOM_FROM_SIDES * self.detection_size:
            return []
        whole = photo.full()
        return without_doubles(self._look(tiles(whole.pixels), whole.scale, call))

    def _turned(self, photo: Photo, call: Call) -> list[DetectedFace]:
        """Return the faces of the turn in which one was found with the most confidence."""
        ways = [self._look([frame], photo.scale, call) for frame in rotations(photo.pixels)]
        return max(ways, key=_confidence)

    def _look(self, frames: Iterable[Frame], scale: float, call: Call) -> list[DetectedFace]:
        found = []
        for frame in frames:
            call.check()
            faces = self.engine.detect(Photo.from_pixels(frame.pixels))
            found += [frame.to_photo(face, scale) for face in faces]
        return found


def _slope_deg(face: DetectedFace) -> float:
    """Return the slope of the line between the eyes, -180 to 180."""
    across = face.landmarks[1] - face.landmarks[0]
    return math.degrees(math.atan2(float(across[1]), float(across[0])))


def _confidence(faces: list[DetectedFace]) -> float:
    return max((face.confidence for face in faces), default=0.0)
