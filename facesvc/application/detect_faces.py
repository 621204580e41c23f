"""Looking at one image: fetch without a permit, then decode and detect with one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from facesvc.application.call import Call
from facesvc.application.find_faces import FaceFinder
from facesvc.application.images import ImageInput, ImageLoader, blame
from facesvc.application.ports.compute_gate import ComputeGate
from facesvc.application.ports.engine import FaceEngine
from facesvc.application.ports.images import ImageDecoder
from facesvc.domain import face_selection
from facesvc.domain.aligned_crop import require_aligned
from facesvc.domain.errors import NoFaceError
from facesvc.domain.face_selection import Frame
from facesvc.domain.faces import BoundingBox, DetectedFace
from facesvc.domain.photo import Photo
from facesvc.domain.quality import Quality
from facesvc.domain.recognizable import RecognizabilityRule


@dataclass(frozen=True)
class ObservedFace:
    """One face of a photo with its quality; ``faces_detected`` counts all of the photo's.
    ``on_its_head``: turned by 180 degrees it would be recognizable, but nothing is turned here.
    """

    photo: Photo
    face: DetectedFace
    quality: Quality
    faces_detected: int
    on_its_head: bool = False


@dataclass(frozen=True)
class ObservedCrop:
    """A face that was found and aligned elsewhere, with as much of its quality as is known."""

    quality: Quality


@dataclass(frozen=True)
class DetectFaces:
    """Opens images for the use cases."""

    loader: ImageLoader
    decoder: ImageDecoder
    finder: FaceFinder
    gate: ComputeGate
    rule: RecognizabilityRule = field(default_factory=RecognizabilityRule)

    @contextmanager
    def open(self, image: ImageInput, call: Call) -> Iterator[PhotoFaces]:
        """Yield the image's faces, holding a compute permit. Errors name the image's field."""
        data = self.loader.load(image, call)
        with self.gate.admit(call):
            yield self.in_bytes(image, data, call)

    def in_bytes(self, image: ImageInput, data: bytes, call: Call) -> PhotoFaces:
        """Decode and detect, but nothing in an aligned crop; the caller holds the permit."""
        with blame(image):
            call.check()
            photo = self.decoder.decode(data)
            if image.is_aligned:
                require_aligned(photo)
            faces = [] if image.is_aligned else self.finder.find(photo, call)
            return PhotoFaces(image, photo, faces, self.finder, self.rule, call)


@dataclass(frozen=True)
class PhotoFaces:
    """A decoded image and the faces in it."""

    image: ImageInput
    photo: Photo
    faces: list[DetectedFace]
    finder: FaceFinder
    rule: RecognizabilityRule
    call: Call

    @property
    def engine(self) -> FaceEngine:
        """The models."""
        return self.finder.engine

    def all(self) -> list[ObservedFace]:
        """Return every face with its quality, most confident first; empty when there is none."""
        return [self.observe(face) for face in self.faces]

    def best(self) -> ObservedFace:
        """Return the face that the image's selection means, by default that of the highest
        quality. Raises NoFaceError, AmbiguousFaceError when only a single face is accepted.
        """

        def highest(boxes: Sequence[BoundingBox], frame: Frame) -> ObservedFace:
            if len(self.faces) == 1:
                return self.observe(self.faces[0])
            qualities = self.engine.compare_qualities(self.photo, self.faces)
            return self.observe(self.faces[face_selection.best(qualities, boxes, frame)])

        return self._choose(highest)

    def best_for_enrolment(self) -> ObservedFace:
        """Return the one face that can be meant. Raises NoFaceError, AmbiguousFaceError."""
        if self.image.selection.rule is not None:
            return self.best()

        def unrivalled(boxes: Sequence[BoundingBox], frame: Frame) -> ObservedFace:
            observed = self.all()
            qualities = [face.quality for face in observed]
            return observed[face_selection.best_for_enrolment(qualities, boxes, frame)]

        return self._choose(unrivalled)

    def _choose(self, rule: Callable[[Sequence[BoundingBox], Frame], ObservedFace]) -> ObservedFace:
        if not self.faces:
            raise NoFaceError("No face detected", field=self.image.field)
        selection, boxes = self.image.selection, [face.box for face in self.faces]
        frame = Frame(self.photo.width, self.photo.height)
        with blame(self.image):
            if selection.single:
                face_selection.require_single(len(self.faces))
            if selection.by_place:
                chosen = face_selection.by_place(selection, boxes, frame)
                return self.observe(self.faces[chosen])
            return rule(boxes, frame)

    def observe(self, face: DetectedFace) -> ObservedFace:
        """Return the face with its quality."""
        quality = self.engine.assess_quality(self.photo, face)
        return ObservedFace(self.photo, face, quality, len(self.faces))
