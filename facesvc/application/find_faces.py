"""Finding the faces of a photo, with second looks before the answer is that there is none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from facesvc.application.call import Call
from facesvc.application.ports import FaceEngine
from facesvc.domain.faces import DetectedFace
from facesvc.domain.frames import Frame, rotations, tiles, with_margin, without_doubles
from facesvc.domain.photo import Photo

# Below twice the detector's side a quarter of the photo has no detail that the first look,
# which enlarges smaller photos, did not have.
_ZOOM_FROM_SIDES = 2.0


@dataclass(frozen=True)
class FaceFinder:
    """Detects faces; where there seem to be none, looks again in other ways.

    In this order, until one finds a face: at half the scale within a margin (tight crops), in
    four enlarged quarters (small faces in large photos), and, with ``rotation_retry``, turned
    upside down and on its sides. ``detection_size`` is the side of the detector's input in pixels.
    """

    engine: FaceEngine
    detection_size: int = 640
    rotation_retry: bool = False

    def find(self, photo: Photo, call: Call) -> list[DetectedFace]:
        """Return every face, most confident first, in the original photo's coordinates; an empty
        list when there is none. Raises CallEndedError between two looks.
        """
        call.check()
        return (
            self.engine.detect(photo)
            or self._tight(photo, call)
            or self._small(photo, call)
            or self._turned(photo, call)
        )

    def _tight(self, photo: Photo, call: Call) -> list[DetectedFace]:
        frame = with_margin(photo.pixels, self.detection_size)
        return self._look([frame], photo.scale, call)

    def _small(self, photo: Photo, call: Call) -> list[DetectedFace]:
        if max(photo.width, photo.height) < _ZOOM_FROM_SIDES * self.detection_size:
            return []
        whole = photo.full()
        return without_doubles(self._look(tiles(whole.pixels), whole.scale, call))

    def _turned(self, photo: Photo, call: Call) -> list[DetectedFace]:
        """Return the faces of the turn in which one was found with the most confidence."""
        if not self.rotation_retry:
            return []
        ways = [self._look([frame], photo.scale, call) for frame in rotations(photo.pixels)]
        return max(ways, key=lambda faces: max((face.confidence for face in faces), default=0.0))

    def _look(self, frames: Iterable[Frame], scale: float, call: Call) -> list[DetectedFace]:
        found = []
        for frame in frames:
            call.check()
            faces = self.engine.detect(Photo.from_pixels(frame.pixels))
            found += [frame.to_photo(face, scale) for face in faces]
        return found
