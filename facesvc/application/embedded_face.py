"""A face with its embedding."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from facesvc.application.detect_faces import ObservedFace
from facesvc.application.ports.engine import FaceEngine
from facesvc.domain.template import Template


@dataclass(frozen=True)
class EmbeddedFace:
    """A face and what the recognizer says of it; its quality has the recognizability."""

    observed: ObservedFace
    template: Template

    @property
    def embedding(self) -> NDArray[np.float32]:
        """The embedding, float32 (512,), L2-normalised."""
        return self.template.embedding


def embed_face(engine: FaceEngine, observed: ObservedFace) -> EmbeddedFace:
    """Return the face with its embedding; the caller holds the permit."""
    template = engine.recognize(observed.photo, observed.face)
    quality = replace(observed.quality, recognizability=template.recognizability)
    return EmbeddedFace(replace(observed, quality=quality), template)
