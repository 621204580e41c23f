"""The models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from facesvc.domain.faces import Attributes, DetectedFace
from facesvc.domain.liveness import Liveness
from facesvc.domain.photo import Photo
from facesvc.domain.quality import Quality
from facesvc.domain.template import Template


class FaceEngine(Protocol):
    """The models. Thread-safe; every method is compute and wants a permit of the gate."""

    def detect(self, photo: Photo) -> list[DetectedFace]:
        """Return every face, most confident first; an empty list when there is none."""
        ...

    def assess_quality(self, photo: Photo, face: DetectedFace) -> Quality:
        """Return the quality of one detected face."""
        ...

    def compare_qualities(self, photo: Photo, faces: Sequence[DetectedFace]) -> list[Quality]:
        """Return qualities that are good enough to tell the best of several faces; the score of
        one that cannot come near it is 0.
        """
        ...

    def recognize(self, photo: Photo, face: DetectedFace) -> Template:
        """Return the face's embedding and how recognizable it is."""
        ...

    def look_at_crop(self, crop: Photo) -> tuple[Quality, Template]:
        """Return what an aligned crop tells of its face: nothing is detected."""
        ...

    def check_liveness(self, photo: Photo, face: DetectedFace) -> Liveness:
        """Return the outcome of every liveness check on one face."""
        ...

    def estimate_attributes(self, photo: Photo, face: DetectedFace) -> Attributes:
        """Return age and gender of one face."""
        ...


@dataclass(frozen=True)
class PackInfo:
    """The model pack in use. ``recognizer`` is the digest that galleries are bound to."""

    name: str
    licence: str
    detector: str
    recognizer: str
    embedding_size: int
    provider: str
