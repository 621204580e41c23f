"""Deciding on a selfie: quality, liveness and identity from one decoding and one detection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facesvc.application.best_frame import best_frame
from facesvc.application.call import Call
from facesvc.application.challenges import Challenges
from facesvc.application.collection_rules import CollectionRules
from facesvc.application.detect_faces import DetectFaces, ObservedFace
from facesvc.application.embedded_face import EmbeddedFace, embed_face, faults_of
from facesvc.application.images import ImageInput
from facesvc.application.ports.engine import FaceEngine
from facesvc.application.ports.gallery_reader import GalleryReader
from facesvc.application.sightings import Sightings
from facesvc.application.stage import Stage
from facesvc.application.stopwatch import Stopwatch
from facesvc.domain.challenge import Movement, check_movements
from facesvc.domain.check_in import (
    MIN_MARGIN,
    REVIEW_BAND,
    Decision,
    Limits,
    Verdict,
    decide,
)
from facesvc.domain.enrolment_gate import check_quality
from facesvc.domain.errors import InvalidFieldError
from facesvc.domain.frames_check import FrameFace, check_frames
from facesvc.domain.gallery import DEFAULT_COLLECTION, Match, SearchQuery, User
from facesvc.domain.liveness import Liveness
from facesvc.domain.metadata_filter import EVERYBODY, MetadataFilter
from facesvc.domain.operating_point import (
    AS_CONFIGURED,
    Limit,
    OperatingPoint,
)
from facesvc.domain.rejection import Rejection, not_live

_EVERYBODY = -1.0  # the least cosine: also those below the threshold have a distance
_CANDIDATES = 2  # the best and the one that it must be told from


@dataclass(frozen=True)
class CheckInRequest:
    """What CheckIn is asked. ``images`` are frames of one person in the order in which they were
    taken; with a ``challenge_token`` one straight ahead, then one of each movement.
    ``user_id`` is who the person claims to be, "" for nobody.
    ``limit`` decides what matches, ``match_anyway`` whether a face without an identity may, None
    as configured.
    """

    images: Sequence[ImageInput]
    user_id: str = ""
    limit: Limit = AS_CONFIGURED
    review_band: float = REVIEW_BAND
    min_margin: float = MIN_MARGIN
    skip_liveness: bool = False
    collection: str = DEFAULT_COLLECTION
    min_version: int = 0
    match_anyway: bool | None = None
    challenge_token: str = ""
    where: MetadataFilter = EVERYBODY
    with_metadata: bool = False


@dataclass(frozen=True)
class CheckedIn:
    """``liveness`` is None when it was not checked; ``ms`` has the times of FETCH, WAIT, DETECT
    (with decoding and quality), LIVENESS, EMBED and SEARCH that were needed. ``faults`` say why the
    face carries no identity, as far as that was looked at. ``frame`` is the one that was judged,
    from 0. ``known`` is False when there is no such collection.
    """

    verdict: Verdict
    observed: ObservedFace
    liveness: Liveness | None
    point: OperatingPoint
    ms: Mapping[Stage, float]
    faults: list[Rejection]
    frame: int = 0
    known: bool = True


@dataclass(frozen=True)
class _Seen:
    """What the frames give: a verdict, or the embedding to search with."""

    frame: int
    observed: ObservedFace
    verdict: Verdict | None
    liveness: Liveness | None = None
    embedding: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class CheckIn:
    """Answers CheckIn."""

    detect_faces: DetectFaces
    engine: FaceEngine
    gallery: GalleryReader
    rules: CollectionRules
    sightings: Sightings
    challenges: Challenges

    def __call__(self, request: CheckInRequest, call: Call) -> CheckedIn:
        """Return the decision. Raises UserNotFoundError before any image work is done, then
        the image errors, NoFaceError and StoreUnavailableError.
        """
        watch = Stopwatch()
        claimed = self._claimed(request, call)
        if request.user_id:
            watch.lap(Stage.SEARCH)
        gallery = self.gallery.size(request.collection)
        thresholds = self.rules.thresholds_of(request.collection)
        point = thresholds.one_to_many(request.limit, gallery)
        movements = self._movements(request)
        seen = self._look(request, movements, call, watch)
        verdict, candidate = seen.verdict, None
        if verdict is None and seen.embedding is not None:
            candidate, others = self._candidates(request, claimed, seen.embedding, call)
            watch.lap(Stage.SEARCH)
            limits = Limits(point.threshold, request.review_band, request.min_margin)
            if candidate is not None:
                candidate = thresholds.judged(candidate, gallery)
            verdict = decide(candidate, others, limits)
        if verdict is None:
            raise RuntimeError("A check-in without a verdict has nothing to search with.")
        faults = faults_of(seen.observed, self.detect_faces.rule)
        if verdict.decision is Decision.MATCH and verdict.match is not None and not faults:
            self.sightings.note(
                request.collection,
                [verdict.match],
                lambda: thresholds.one_to_many(AS_CONFIGURED, gallery).threshold,
            )
        known = candidate is not None or self.gallery.knows(request.collection)
        return CheckedIn(
            verdict, seen.observed, seen.liveness, point, watch.ms, faults, seen.frame, known
        )

    def _movements(self, request: CheckInRequest) -> tuple[Movement, ...]:
        """Return what the frames must show. Raises InvalidFieldError."""
        if not request.challenge_token:
            return ()
        wanted = 1 + len(Movement)
        if len(request.images) != wanted:
            raise InvalidFieldError(
                f"A challenge takes {wanted} images: straight ahead, and one of each movement.",
                field="images",
                limit=wanted,
            )
        return self.challenges.redeem(request.challenge_token)

    def _claimed(self, request: CheckInRequest, call: Call) -> User | None:
        if not request.user_id:
            return None
        return self.gallery.get(
            request.collection, request.user_id, call, min_version=request.min_version
        )

    def _look(
        self,
        request: CheckInRequest,
        movements: Sequence[Movement],
        call: Call,
        watch: Stopwatch,
    ) -> _Seen:
        """Judge the frames: quality, identity, movement, and liveness of the best one."""
        data = [self.detect_faces.loader.load(image, call) for image in request.images]
        watch.lap(Stage.FETCH)
        with self.detect_faces.gate.admit(call):
            watch.lap(Stage.WAIT)
            opened = [
                self.detect_faces.in_bytes(image, content, call)
                for image, content in zip(request.images, data, strict=True)
            ]
            faces = [look.best() for look in opened]
            watch.lap(Stage.DETECT)
            number, best = best_frame(faces)
            least = self.rules.quality_threshold_of(request.collection)
            rejections = check_quality(best.quality, least)
            if rejections:
                return _Seen(number, best, Verdict(Decision.LOW_QUALITY, reasons=rejections))
            frames = []
            for look, face in zip(opened, faces, strict=True):
                call.check()
                frames.append(embed_face(look, face))
            watch.lap(Stage.EMBED)
            number, best = best_frame([frame.observed for frame in frames])
            verdict = self._doubts(request, frames, number, movements)
            if verdict is not None:
                return _Seen(number, best, verdict)
            liveness = None
            if not request.skip_liveness:
                liveness = self.engine.check_liveness(best.photo, best.face)
                watch.lap(Stage.LIVENESS)
                if not liveness.is_live:
                    verdict = Verdict(Decision.NOT_LIVE, reasons=[not_live(liveness)])
            return _Seen(number, best, verdict, liveness, frames[number].embedding)

    def _doubts(
        self,
        request: CheckInRequest,
        frames: Sequence[EmbeddedFace],
        number: int,
        movements: Sequence[Movement],
    ) -> Verdict | None:
        """Return the verdict on frames without an identity, or not of one person who moves."""
        rule = self.detect_faces.rule
        faults = frames[number].faults(rule)
        if not rule.may_match(faults, request.match_anyway):
            return Verdict(Decision.LOW_QUALITY, reasons=faults)
        faces = [_frame_face(frame) for frame in frames]
        doubts = check_frames(faces)
        if movements and not doubts:
            doubts = check_movements(movements, faces)
        return Verdict(Decision.NOT_LIVE, reasons=doubts) if doubts else None

    def _candidates(
        self,
        request: CheckInRequest,
        claimed: User | None,
        probe: NDArray[np.float32],
        call: Call,
    ) -> tuple[Match | None, list[Match]]:
        """Return the user to decide on, None when nobody is enrolled, and other users."""
        query = SearchQuery(
            request.collection,
            probe[np.newaxis],
            _CANDIDATES,
            _EVERYBODY,
            request.min_version,
            where=request.where,
            with_metadata=request.with_metadata,
        )
        found = self.gallery.search(query, call).first
        if claimed is None:
            return (found[0] if found else None), found[1:]
        user_id, version = claimed.user_id, request.min_version
        similarity = self.gallery.similarity(
            request.collection, user_id, probe, call, min_version=version
        )
        metadata = claimed.metadata if request.with_metadata else None
        candidate = Match(user_id, similarity, claimed.name, metadata=metadata)
        return candidate, [match for match in found if match.user_id != user_id]


def _frame_face(embedded: EmbeddedFace) -> FrameFace:
    observed = embedded.observed
    quality = observed.quality
    return FrameFace(
        embedded.embedding, observed.face.landmarks, quality.pose_yaw, quality.pose_pitch
    )
