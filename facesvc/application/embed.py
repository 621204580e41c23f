"""Embedding the best face of an image."""

from __future__ import annotations

from dataclasses import dataclass

from facesvc.application.call import Call
from facesvc.application.detect_faces import DetectFaces
from facesvc.application.embedded_face import EmbeddedCrop, EmbeddedFace, embed_meant
from facesvc.application.images import ImageInput
from facesvc.application.ports.engine import FaceEngine


@dataclass(frozen=True)
class EmbedFace:
    """Answers Embed, and gives the probe of every search."""

    detect_faces: DetectFaces
    engine: FaceEngine

    def __call__(self, image: ImageInput, call: Call) -> EmbeddedFace | EmbeddedCrop:
        """Return the best face and its embedding. Raises the image errors and NoFaceError."""
        with self.detect_faces.open(image, call) as opened:
            return embed_meant(opened)
