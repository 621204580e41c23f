"""Enrolling the best face of a photo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facesvc.application.call import Call
from facesvc.application.collection_rules import CollectionRules
from facesvc.application.detect_faces import (
    DetectFaces,
    ObservedCrop,
    ObservedFace,
    PhotoFaces,
)
from facesvc.application.embedded_face import (
    EmbeddedCrop,
    EmbeddedFace,
    embed_crop,
    embed_face,
)
from facesvc.application.enrolment_identity import NO_DOUBTS, CheckIdentity, IdentityDoubts
from facesvc.application.images import ImageInput
from facesvc.application.ports.engine import FaceEngine
from facesvc.application.ports.gallery_writer import GalleryWriter
from facesvc.application.probe import GivenEmbedding, ProbeSource, require_model
from facesvc.domain.enrolment_gate import check_quality
from facesvc.domain.gallery import (
    DEFAULT_COLLECTION,
    EnrollMode,
    Enrolment,
    WriteReceipt,
)
from facesvc.domain.rejection import Rejection, not_live
from facesvc.domain.sample_facts import SampleFacts, SampleSource


@dataclass(frozen=True)
class EnrollRequest:
    """What Enroll is asked."""

    user_id: str
    source: ProbeSource
    name: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    collection: str = DEFAULT_COLLECTION
    mode: EnrollMode = EnrollMode.REPLACE
    request_id: str = ""
    expected_version: int | None = None
    check_liveness: bool = False
    doubts: IdentityDoubts = NO_DOUBTS

    @property
    def needs_fetch(self) -> bool:
        """True while the photo's bytes are elsewhere."""
        return isinstance(self.source, ImageInput) and self.source.needs_fetch


@dataclass(frozen=True)
class EnrollOutcome:
    """``receipt`` is None when ``rejections`` say why nothing was stored; ``observed`` is None for
    a given embedding.
    """

    observed: ObservedFace | ObservedCrop | None
    rejections: list[Rejection]
    receipt: WriteReceipt | None


@dataclass(frozen=True)
class EnrollFace:
    """Answers Enroll."""

    detect_faces: DetectFaces
    engine: FaceEngine
    writer: GalleryWriter
    rules: CollectionRules
    check_identity: CheckIdentity
    recognizer: str

    def fetched(self, request: EnrollRequest, call: Call) -> EnrollRequest:
        """Return the request with its photo's bytes. Raises what fetching raises."""
        if not isinstance(request.source, ImageInput):
            return request
        return replace(request, source=self.detect_faces.loader.fetched(request.source, call))

    def __call__(self, request: EnrollRequest, call: Call) -> EnrollOutcome:
        """Store the best face, or say why not. Raises the image errors, NoFaceError,
        AmbiguousFaceError, ModelMismatchError and what the gallery's enroll raises.
        """
        embedded: EmbeddedFace | EmbeddedCrop
        if isinstance(request.source, GivenEmbedding):
            require_model(request.source, self.recognizer)
            return self._store(request, None, request.source.embedding, call)
        with self.detect_faces.open(request.source, call) as opened:
            if request.source.is_aligned:
                embedded, rejections = self._of_crop(opened)
            else:
                embedded, rejections = self._of_photo(opened, request)
        if rejections:
            return EnrollOutcome(embedded.observed, rejections, None)
        return self._store(request, embedded.observed, embedded.embedding, call)

    def _of_photo(
        self, opened: PhotoFaces, request: EnrollRequest
    ) -> tuple[EmbeddedFace, list[Rejection]]:
        embedded = embed_face(opened, opened.best_for_enrolment())
        rejections = self._unfit(embedded, request.collection)
        if request.check_liveness:
            rejections += self._not_live(embedded.observed)
        return embedded, rejections

    def _of_crop(self, opened: PhotoFaces) -> tuple[EmbeddedCrop, list[Rejection]]:
        """A crop has no score: what carries no identity is refused."""
        embedded = embed_crop(opened)
        return embedded, embedded.faults(self.detect_faces.rule)

    def _store(
        self,
        request: EnrollRequest,
        observed: ObservedFace | ObservedCrop | None,
        embedding: NDArray[np.float32],
        call: Call,
    ) -> EnrollOutcome:
        enrolment = Enrolment(
            collection=request.collection,
            user_id=request.user_id,
            embedding=embedding,
            quality=0.0 if observed is None else observed.quality.score,
            name=request.name,
            metadata=request.metadata,
            mode=request.mode,
            request_id=request.request_id,
            expected_version=request.expected_version,
            facts=_facts_of(observed),
        )
        rejections = self.check_identity(enrolment, request.doubts, call)
        if rejections:
            return EnrollOutcome(observed, rejections, None)
        return EnrollOutcome(observed, [], self.writer.enroll(enrolment, call))

    def _unfit(self, embedded: EmbeddedFace, collection: str) -> list[Rejection]:
        """Return what speaks against the face: its quality score, and what carries no identity."""
        least = self.rules.quality_threshold_of(collection)
        rejections = check_quality(embedded.observed.quality, least)
        known = {rejection.reason for rejection in rejections}
        faults = embedded.faults(self.detect_faces.rule)
        return rejections + [fault for fault in faults if fault.reason not in known]

    def _not_live(self, best: ObservedFace) -> list[Rejection]:
        liveness = self.engine.check_liveness(best.photo, best.face)
        return [] if liveness.is_live else [not_live(liveness)]


def _facts_of(observed: ObservedFace | ObservedCrop | None) -> SampleFacts:
    if observed is None:
        return SampleFacts(SampleSource.EMBEDDING)
    if isinstance(observed, ObservedCrop):
        return SampleFacts(SampleSource.ALIGNED_CROP, observed.quality.recognizability)
    box = observed.face.box.inside(observed.photo.width, observed.photo.height)
    return SampleFacts(SampleSource.PHOTO, observed.quality.recognizability, box)
