"""Telling whether the best face of an image is a user's (1:1)."""

from __future__ import annotations

from dataclasses import dataclass

from facesvc.application.call import Call
from facesvc.application.collection_rules import CollectionRules
from facesvc.application.detect_faces import ObservedCrop, ObservedFace
from facesvc.application.ports.gallery_reader import GalleryReader
from facesvc.application.probe import MakeProbe, ProbeSource
from facesvc.application.sightings import Sightings
from facesvc.domain.gallery import DEFAULT_COLLECTION, Match
from facesvc.domain.operating_point import (
    AS_CONFIGURED,
    Limit,
    OperatingPoint,
)
from facesvc.domain.rejection import Rejection
from facesvc.domain.similarity import is_match


@dataclass(frozen=True)
class VerifyRequest:
    """What Verify is asked. ``limit`` decides what matches, ``match_anyway`` whether a probe
    without an identity may, None as configured.
    """

    user_id: str
    source: ProbeSource
    limit: Limit = AS_CONFIGURED
    collection: str = DEFAULT_COLLECTION
    min_version: int = 0
    match_anyway: bool | None = None


@dataclass(frozen=True)
class Verification:
    """``similarity`` is the cosine to the user's best sample; ``observed`` is None for a given
    embedding; ``point`` as used; ``faults`` say why the probe carries no identity.
    """

    verified: bool
    similarity: float
    point: OperatingPoint
    observed: ObservedFace | ObservedCrop | None
    faults: list[Rejection]


@dataclass(frozen=True)
class VerifyFace:
    """Answers Verify."""

    make_probe: MakeProbe
    gallery: GalleryReader
    rules: CollectionRules
    sightings: Sightings

    def __call__(self, request: VerifyRequest, call: Call) -> Verification:
        """Return the decision. Raises UserNotFoundError before any image work is done, then
        the image errors and NoFaceError.
        """
        user = self.gallery.get(
            request.collection, request.user_id, call, min_version=request.min_version
        )
        thresholds = self.rules.thresholds_of(request.collection)
        point = thresholds.one_to_one(request.limit, user.samples)
        probe = self.make_probe(request.source, call)
        similarity = self.gallery.similarity(
            request.collection,
            request.user_id,
            probe.embedding,
            call,
            min_version=request.min_version,
        )
        rule = self.make_probe.rule
        faults = probe.faults(rule)
        verified = is_match(similarity, point.threshold)
        verified = verified and rule.may_match(faults, request.match_anyway)
        if verified and not faults:
            self.sightings.note(
                request.collection,
                [Match(request.user_id, similarity, user.name)],
                lambda: thresholds.one_to_one(AS_CONFIGURED, user.samples).threshold,
            )
        return Verification(verified, similarity, point, probe.observed, faults)
