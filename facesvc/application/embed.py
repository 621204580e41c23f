"""Embedding the best face of an image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facesvc.application.call import Call
from facesvc.application.detect_faces import DetectFaces, ObservedFace
from facesvc.application.images import ImageInput
from facesvc.application.ports.engine import FaceEngine


@dataclass(frozen=True)
class EmbeddedFace:
    """The best face of an image; ``embedding`` is float32 (512,), L2-normalised."""

    observed: ObservedFace
    embedding: NDArray[np.float32]


@dataclass(frozen=True)
class EmbedFace:
    """Answers Embed, and gives the probe of every search."""

    detect_faces: DetectFaces
    engine: FaceEngine

    def __call__(self, image: ImageInput, call: Call) -> EmbeddedFace:
        """Return the best face and its embedding. Raises the image errors and NoFaceError."""
        with self.detect_faces.open(image, call) as look:
            best = look.best()
            return EmbeddedFace(best, self.engine.embed(best.photo, best.face))
