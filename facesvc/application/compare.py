"""Comparing two faces: of images, or given as embeddings."""

from __future__ import annotations

from dataclasses import dataclass

from facesvc.application.call import Call
from facesvc.application.detect_faces import DetectFaces, ObservedFace
from facesvc.application.embedded_face import embed_face
from facesvc.application.images import ImageInput
from facesvc.application.probe import MakeProbe, Probe, ProbeSource
from facesvc.domain.similarity import cosine_similarity, is_match


@dataclass(frozen=True)
class Comparison:
    """``similarity`` is the cosine, -1 to 1; ``match`` whether it reaches ``threshold``. An
    observed face is None where the caller gave an embedding.
    """

    similarity: float
    match: bool
    threshold: float
    observed_1: ObservedFace | None
    observed_2: ObservedFace | None


@dataclass(frozen=True)
class CompareFaces:
    """Answers Compare."""

    make_probe: MakeProbe
    default_threshold: float

    def __call__(
        self, first: ProbeSource, second: ProbeSource, threshold: float | None, call: Call
    ) -> Comparison:
        """Return the decision. Raises the image errors, NoFaceError and ModelMismatchError, naming
        the side.
        """
        limit = self.default_threshold if threshold is None else threshold
        if isinstance(first, ImageInput) and isinstance(second, ImageInput):
            one, two = self._of_images(first, second, call)
        else:
            one, two = self.make_probe(first, call), self.make_probe(second, call)
        similarity = cosine_similarity(one.embedding, two.embedding)
        return Comparison(
            similarity, is_match(similarity, limit), limit, one.observed, two.observed
        )

    def _of_images(self, first: ImageInput, second: ImageInput, call: Call) -> tuple[Probe, Probe]:
        """Fetch both at once, then hold one permit for both."""
        detect_faces = self.make_probe.embed.detect_faces
        first_data, second_data = detect_faces.loader.load_pair(first, second, call)
        with detect_faces.gate.admit(call):
            return (
                self._probe(detect_faces, first, first_data, call),
                self._probe(detect_faces, second, second_data, call),
            )

    def _probe(
        self, detect_faces: DetectFaces, image: ImageInput, data: bytes, call: Call
    ) -> Probe:
        best = detect_faces.in_bytes(image, data, call).best()
        embedded = embed_face(self.make_probe.embed.engine, best)
        return Probe(embedded.template, embedded.observed)
