"""Telling whether the best face of an image is a user's (1:1)."""

from __future__ import annotations

from dataclasses import dataclass

from facesvc.application.call import Call
from facesvc.application.detect_faces import ObservedFace
from facesvc.application.ports.gallery_reader import GalleryReader
from facesvc.application.probe import MakeProbe, ProbeSource
from facesvc.domain.gallery import DEFAULT_COLLECTION
from facesvc.domain.similarity import is_match


@dataclass(frozen=True)
class VerifyRequest:
    """What Verify is asked; a threshold of None means the configured default."""

    user_id: str
    source: ProbeSource
    threshold: float | None = None
    collection: str = DEFAULT_COLLECTION
    min_version: int = 0


@dataclass(frozen=True)
class Verification:
    """``similarity`` is the cosine to the user's best sample; ``observed`` is None for a given
    embedding.
    """

    verified: bool
    similarity: float
    threshold: float
    observed: ObservedFace | None


@dataclass(frozen=True)
class VerifyFace:
    """Answers Verify."""

    make_probe: MakeProbe
    gallery: GalleryReader
    default_threshold: float

    def __call__(self, request: VerifyRequest, call: Call) -> Verification:
        """Return the decision. Raises UserNotFoundError before any image work is done, then
        the image errors and NoFaceError.
        """
        self.gallery.get(request.collection, request.user_id, call, min_version=request.min_version)
        threshold = self.default_threshold if request.threshold is None else request.threshold
        probe = self.make_probe(request.source, call)
        similarity = self.gallery.similarity(
            request.collection,
            request.user_id,
            probe.embedding,
            call,
            min_version=request.min_version,
        )
        return Verification(is_match(similarity, threshold), similarity, threshold, probe.observed)
