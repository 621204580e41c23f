"""Comparing the best faces of two images."""

from __future__ import annotations

from dataclasses import dataclass

from facesvc.application.call import Call
from facesvc.application.detect_faces import DetectFaces, ObservedFace
from facesvc.application.embedded_face import EmbeddedFace, embed_face
from facesvc.application.images import ImageInput
from facesvc.application.ports.engine import FaceEngine
from facesvc.domain.similarity import cosine_similarity, is_match


@dataclass(frozen=True)
class Comparison:
    """``similarity`` is the cosine, -1 to 1; ``match`` whether it reaches ``threshold``."""

    similarity: float
    match: bool
    threshold: float
    observed_1: ObservedFace
    observed_2: ObservedFace


@dataclass(frozen=True)
class CompareFaces:
    """Answers Compare."""

    detect_faces: DetectFaces
    engine: FaceEngine
    default_threshold: float

    def __call__(
        self, first: ImageInput, second: ImageInput, threshold: float | None, call: Call
    ) -> Comparison:
        """Return the decision. Raises the image errors and NoFaceError, naming the image."""
        limit = self.default_threshold if threshold is None else threshold
        first_data, second_data = self.detect_faces.loader.load_pair(first, second, call)
        with self.detect_faces.gate.admit(call):
            one = self._embed(first, first_data, call)
            two = self._embed(second, second_data, call)
        similarity = cosine_similarity(one.embedding, two.embedding)
        return Comparison(
            similarity,
            is_match(similarity, limit),
            limit,
            one.observed,
            two.observed,
        )

    def _embed(self, image: ImageInput, data: bytes, call: Call) -> EmbeddedFace:
        return embed_face(self.engine, self.detect_faces.in_bytes(image, data, call).best())
