"""Finding out who is in a photo of many people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facesvc.application.call import Call
from facesvc.application.collection_rules import CollectionRules
from facesvc.application.detect_faces import DetectFaces, ObservedFace
from facesvc.application.embedded_face import EmbeddedFace, embed_face
from facesvc.application.images import ImageInput
from facesvc.application.ports.engine import FaceEngine
from facesvc.application.ports.gallery_reader import GalleryReader
from facesvc.application.sightings import Sightings
from facesvc.domain.assignment import assign
from facesvc.domain.gallery import DEFAULT_COLLECTION, Match, SearchQuery, SearchResult
from facesvc.domain.liveness import Liveness
from facesvc.domain.metadata_filter import EVERYBODY, MetadataFilter
from facesvc.domain.operating_point import (
    AS_CONFIGURED,
    Limit,
    OperatingPoint,
)
from facesvc.domain.rejection import Rejection
from facesvc.domain.similarity import is_match

_EVERYBODY = -1.0  # the least cosine: also users below the threshold have a distance
_LEAST_CANDIDATES = 2  # the match and the one that it must be told from


@dataclass(frozen=True)
class IdentifyRequest:
    """What Identify is asked. ``limit`` decides what matches, ``match_anyway`` whether faces
    without an identity may, None as configured.
    """

    image: ImageInput
    limit: Limit = AS_CONFIGURED
    collection: str = DEFAULT_COLLECTION
    min_version: int = 0
    match_anyway: bool | None = None
    check_liveness: bool = False
    where: MetadataFilter = EVERYBODY
    with_metadata: bool = False


@dataclass(frozen=True)
class IdentifiedFace:
    """A face and its user, None when nobody reaches the threshold, or another face has a better
    claim. ``margin`` is how much more similar the user is than the next one, None without a
    match or another user; ``runner_up`` is that one where it reaches the threshold. ``faults``
    say why the face carries no identity; ``liveness`` is None where it was not checked.
    """

    observed: ObservedFace
    match: Match | None
    faults: list[Rejection]
    runner_up: Match | None = None
    margin: float | None = None
    liveness: Liveness | None = None


@dataclass(frozen=True)
class IdentifiedFaces:
    """``faces`` most certain detection first; ``users`` each once, most similar first. ``known``
    is False when there is no such collection.
    """

    faces: list[IdentifiedFace]
    users: list[Match]
    point: OperatingPoint
    known: bool = True


@dataclass(frozen=True)
class IdentifyFaces:
    """Answers Identify."""

    detect_faces: DetectFaces
    engine: FaceEngine
    gallery: GalleryReader
    rules: CollectionRules
    sightings: Sightings

    def __call__(self, request: IdentifyRequest, call: Call) -> IdentifiedFaces:
        """Return every face with its user, each user at most once, for the best total.

        Raises InvalidFieldError, the image errors and StoreUnavailableError; a photo without a
        face is an empty answer.
        """
        size = self.gallery.size(request.collection)
        thresholds = self.rules.thresholds_of(request.collection)
        point = thresholds.one_to_many(request.limit, size)
        probes: list[EmbeddedFace] = []
        checks: list[Liveness | None] = []
        with self.detect_faces.open(request.image, call) as opened:
            for seen in opened.all():
                call.check()
                probe = embed_face(opened, seen)
                probes.append(probe)
                checks.append(self._liveness(probe.observed) if request.check_liveness else None)
        if not probes:
            return IdentifiedFaces([], [], point, self.gallery.knows(request.collection))
        result = self._search(request, probes, call)
        found = [
            [thresholds.judged(match, size) for match in matches] for matches in result.of_probes
        ]
        faults = [probe.faults(self.detect_faces.rule) for probe in probes]
        may = [self.detect_faces.rule.may_match(each, request.match_anyway) for each in faults]
        matched = assign(
            [
                _reaching(matches, point) if ok else []
                for matches, ok in zip(found, may, strict=True)
            ]
        )
        faces = [
            _identified(probe.observed, match, users, fault, check, point)
            for probe, match, users, fault, check in zip(
                probes, matched, found, faults, checks, strict=True
            )
        ]
        users = [match for match in matched if match is not None]
        sure = [match for match, fault in zip(matched, faults, strict=True) if match and not fault]
        self.sightings.note(
            request.collection,
            sure,
            lambda: thresholds.one_to_many(AS_CONFIGURED, size).threshold,
        )
        users.sort(key=lambda match: (-match.similarity, match.user_id))
        return IdentifiedFaces(faces, users, point, result.known)

    def _liveness(self, observed: ObservedFace) -> Liveness:
        return self.engine.check_liveness(observed.photo, observed.face)

    def _search(
        self, request: IdentifyRequest, probes: list[EmbeddedFace], call: Call
    ) -> SearchResult:
        # As many users as there are faces: the best total never needs a face's later choices.
        query = SearchQuery(
            request.collection,
            np.stack([probe.embedding for probe in probes]),
            max(len(probes), _LEAST_CANDIDATES),
            _EVERYBODY,
            request.min_version,
            where=request.where,
            with_metadata=request.with_metadata,
        )
        return self.gallery.search(query, call)


def _reaching(matches: list[Match], point: OperatingPoint) -> list[Match]:
    return [match for match in matches if is_match(match.similarity, point.threshold)]


def _identified(
    observed: ObservedFace,
    match: Match | None,
    users: list[Match],
    faults: list[Rejection],
    liveness: Liveness | None,
    point: OperatingPoint,
) -> IdentifiedFace:
    if match is None:
        return IdentifiedFace(observed, None, faults, liveness=liveness)
    others = [user for user in users if user.user_id != match.user_id]
    margin = match.similarity - others[0].similarity if others else None
    runner_up = next(iter(_reaching(others[:1], point)), None)
    return IdentifiedFace(observed, match, faults, runner_up, margin, liveness)
