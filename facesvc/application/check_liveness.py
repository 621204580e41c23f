"""Checking whether the best face of an image looks live."""

from __future__ import annotations

from dataclasses import dataclass

from facesvc.application.call import Call
from facesvc.application.detect_faces import DetectFaces, ObservedFace
from facesvc.application.images import ImageInput
from facesvc.application.ports.engine import FaceEngine
from facesvc.domain.liveness import Liveness


@dataclass(frozen=True)
class CheckLiveness:
    """Answers CheckLiveness."""

    detect_faces: DetectFaces
    engine: FaceEngine

    def __call__(self, image: ImageInput, call: Call) -> tuple[Liveness, ObservedFace]:
        """Return the outcome for the face that is meant, and that face."""
        with self.detect_faces.open(image, call) as opened:
            best = opened.best()
            return self.engine.check_liveness(best.photo, best.face), best
