"""Deciding on a selfie: quality, liveness and identity from one decoding and one detection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facesvc.application.call import Call
from facesvc.application.detect_faces import DetectFaces, ObservedFace
from facesvc.application.embedded_face import embed_face, faults_of
from facesvc.application.images import ImageInput
from facesvc.application.ports.engine import FaceEngine
from facesvc.application.ports.gallery_reader import GalleryReader
from facesvc.application.stage import Stage
from facesvc.application.stopwatch import Stopwatch
from facesvc.domain.check_in import (
    MIN_MARGIN,
    REVIEW_BAND,
    Decision,
    Limits,
    Verdict,
    decide,
)
from facesvc.domain.enrolment_gate import check_quality
from facesvc.domain.gallery import DEFAULT_COLLECTION, Match, SearchQuery
from facesvc.domain.liveness import Liveness
from facesvc.domain.operating_point import (
    AS_CONFIGURED,
    Limit,
    OperatingPoint,
    ThresholdRule,
)
from facesvc.domain.rejection import Rejection, not_live

_EVERYBODY = -1.0  # the least cosine: also those below the threshold have a distance
_CANDIDATES = 2  # the best and the one that it must be told from


@dataclass(frozen=True)
class CheckInRequest:
    """What CheckIn is asked. ``user_id`` is who the person claims to be, "" for nobody.
    ``limit`` decides what matches, ``match_anyway`` whether a face without an identity may, None
    as configured.
    """

    image: ImageInput
    user_id: str = ""
    limit: Limit = AS_CONFIGURED
    review_band: float = REVIEW_BAND
    min_margin: float = MIN_MARGIN
    skip_liveness: bool = False
    collection: str = DEFAULT_COLLECTION
    min_version: int = 0
    match_anyway: bool | None = None


@dataclass(frozen=True)
class CheckedIn:
    """``liveness`` is None when it was not checked; ``ms`` has the times of FETCH, WAIT, DETECT
    (with decoding and quality), LIVENESS, EMBED and SEARCH that were needed. ``faults`` say why the
    face carries no identity, as far as that was looked at.
    """

    verdict: Verdict
    observed: ObservedFace
    liveness: Liveness | None
    point: OperatingPoint
    ms: Mapping[Stage, float]
    faults: list[Rejection]


# What the photo gives: the embedding to search with, or why there is no search.
_Found = NDArray[np.float32] | Verdict


@dataclass(frozen=True)
class CheckIn:
    """Answers CheckIn."""

    detect_faces: DetectFaces
    engine: FaceEngine
    gallery: GalleryReader
    quality_threshold: float
    thresholds: ThresholdRule

    def __call__(self, request: CheckInRequest, call: Call) -> CheckedIn:
        """Return the decision. Raises UserNotFoundError before any image work is done, then
        the image errors, NoFaceError and StoreUnavailableError.
        """
        watch = Stopwatch()
        name = self._name_of_claimed(request, call)
        if request.user_id:
            watch.lap(Stage.SEARCH)
        gallery = self.gallery.size(request.collection)
        point = self.thresholds.one_to_many(request.limit, gallery)
        observed, liveness, found = self._judge(request, call, watch)
        faults = faults_of(observed, self.detect_faces.rule)
        if isinstance(found, Verdict):
            return CheckedIn(found, observed, liveness, point, watch.ms, faults)
        candidate, others = self._candidates(request, name, found, call)
        watch.lap(Stage.SEARCH)
        limits = Limits(point.threshold, request.review_band, request.min_margin)
        if candidate is not None:
            candidate = self.thresholds.judged(candidate, gallery)
        verdict = decide(candidate, others, limits)
        return CheckedIn(verdict, observed, liveness, point, watch.ms, faults)

    def _name_of_claimed(self, request: CheckInRequest, call: Call) -> str:
        if not request.user_id:
            return ""
        user = self.gallery.get(
            request.collection, request.user_id, call, min_version=request.min_version
        )
        return user.name

    def _judge(
        self, request: CheckInRequest, call: Call, watch: Stopwatch
    ) -> tuple[ObservedFace, Liveness | None, _Found]:
        """Judge the best face: its quality, whether it carries an identity, whether it is live."""
        data = self.detect_faces.loader.load(request.image, call)
        watch.lap(Stage.FETCH)
        with self.detect_faces.gate.admit(call):
            watch.lap(Stage.WAIT)
            opened = self.detect_faces.in_bytes(request.image, data, call)
            best = opened.best()
            rejections = check_quality(best.quality, self.quality_threshold)
            watch.lap(Stage.DETECT)
            if rejections:
                return best, None, Verdict(Decision.LOW_QUALITY, reasons=rejections)
            embedded = embed_face(opened, best)
            best = embedded.observed
            watch.lap(Stage.EMBED)
            faults = embedded.faults(self.detect_faces.rule)
            if not self.detect_faces.rule.may_match(faults, request.match_anyway):
                return best, None, Verdict(Decision.LOW_QUALITY, reasons=faults)
            liveness = None
            if not request.skip_liveness:
                liveness = self.engine.check_liveness(best.photo, best.face)
                watch.lap(Stage.LIVENESS)
                if not liveness.is_live:
                    reasons = [not_live(liveness)]
                    return best, liveness, Verdict(Decision.NOT_LIVE, reasons=reasons)
            return best, liveness, embedded.embedding

    def _candidates(
        self, request: CheckInRequest, name: str, probe: NDArray[np.float32], call: Call
    ) -> tuple[Match | None, list[Match]]:
        """Return the user to decide on, None when nobody is enrolled, and other users."""
        query = SearchQuery(
            request.collection,
            probe[np.newaxis],
            _CANDIDATES,
            _EVERYBODY,
            request.min_version,
        )
        found = self.gallery.search(query, call).first
        if not request.user_id:
            return (found[0] if found else None), found[1:]
        similarity = self.gallery.similarity(
            request.collection, request.user_id, probe, call, min_version=request.min_version
        )
        claimed = Match(request.user_id, similarity, name)
        return claimed, [match for match in found if match.user_id != request.user_id]
