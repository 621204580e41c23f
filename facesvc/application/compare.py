"""Comparing two faces: of images, or given as embeddings."""

from __future__ import annotations

from dataclasses import dataclass

from facesvc.application.call import Call
from facesvc.application.detect_faces import DetectFaces, ObservedCrop, ObservedFace
from facesvc.application.embedded_face import embed_meant
from facesvc.application.images import ImageInput
from facesvc.application.probe import MakeProbe, Probe, ProbeSource
from facesvc.domain.operating_point import (
    AS_CONFIGURED,
    Limit,
    OperatingPoint,
    ThresholdRule,
)
from facesvc.domain.rejection import Rejection
from facesvc.domain.similarity import cosine_similarity, is_match


@dataclass(frozen=True)
class CompareRequest:
    """What Compare is asked. ``match_anyway`` lets faces without an identity match, None as
    configured.
    """

    first: ProbeSource
    second: ProbeSource
    limit: Limit = AS_CONFIGURED
    match_anyway: bool | None = None


@dataclass(frozen=True)
class Comparison:
    """``similarity`` is the cosine, -1 to 1; ``match`` whether it reaches the threshold of
    ``point`` and both faces carry an identity, else ``faults`` say what is wrong with each.
    ``estimated_fnmr`` is the share of comparisons of the same person that the threshold misses,
    None where that was not measured. An observed face is None where the caller gave an embedding.
    """

    similarity: float
    match: bool
    point: OperatingPoint
    observed_1: ObservedFace | ObservedCrop | None
    observed_2: ObservedFace | ObservedCrop | None
    faults_1: list[Rejection]
    faults_2: list[Rejection]
    estimated_fnmr: float | None = None


@dataclass(frozen=True)
class CompareFaces:
    """Answers Compare."""

    make_probe: MakeProbe
    thresholds: ThresholdRule

    def __call__(self, request: CompareRequest, call: Call) -> Comparison:
        """Return the decision. Raises InvalidFieldError, the image errors, NoFaceError and
        ModelMismatchError, naming the side.
        """
        first, second = request.first, request.second
        point = self.thresholds.one_to_one(request.limit)
        if isinstance(first, ImageInput) and isinstance(second, ImageInput):
            one, two = self._of_images(first, second, call)
        else:
            one, two = self.make_probe(first, call), self.make_probe(second, call)
        similarity = cosine_similarity(one.embedding, two.embedding)
        rule = self.make_probe.rule
        faults = one.faults(rule), two.faults(rule)
        match = is_match(similarity, point.threshold)
        match = match and rule.may_match(faults[0] + faults[1], request.match_anyway)
        missed = self.thresholds.fnmr(point.threshold)
        return Comparison(similarity, match, point, one.observed, two.observed, *faults, missed)

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
        embedded = embed_meant(detect_faces.in_bytes(image, data, call))
        return Probe(embedded.template, embedded.observed)
