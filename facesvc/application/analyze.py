"""Describing every face of an image."""

from __future__ import annotations

from dataclasses import dataclass

from facesvc.application.call import Call
from facesvc.application.detect_faces import DetectFaces, ObservedFace
from facesvc.application.images import ImageInput
from facesvc.application.ports.engine import FaceEngine
from facesvc.domain.faces import Attributes
from facesvc.domain.liveness import Liveness


@dataclass(frozen=True)
class AnalyzedFace:
    """All that the models say of one face."""

    observed: ObservedFace
    attributes: Attributes
    liveness: Liveness


@dataclass(frozen=True)
class AnalyzeFaces:
    """Answers Analyze."""

    detect_faces: DetectFaces
    engine: FaceEngine

    def __call__(self, image: ImageInput, call: Call) -> list[AnalyzedFace]:
        """Return every face, most confident first; an empty list when there is none."""
        with self.detect_faces.open(image, call) as look:
            analyzed = []
            for observed in look.all():
                call.check()
                analyzed.append(
                    AnalyzedFace(
                        observed,
                        self.engine.estimate_attributes(observed.photo, observed.face),
                        self.engine.check_liveness(observed.photo, observed.face),
                    )
                )
            return analyzed
