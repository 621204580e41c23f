"""Finding the users who look like the best face of an image (1:N)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facesvc.application.call import Call
from facesvc.application.collection_rules import CollectionRules
from facesvc.application.detect_faces import ObservedCrop, ObservedFace
from facesvc.application.ports.gallery_reader import GalleryReader
from facesvc.application.probe import MakeProbe, ProbeSource
from facesvc.application.sightings import Sightings
from facesvc.domain.gallery import DEFAULT_COLLECTION, Match, SearchQuery
from facesvc.domain.metadata_filter import EVERYBODY, MetadataFilter
from facesvc.domain.operating_point import (
    AS_CONFIGURED,
    Limit,
    OperatingPoint,
)
from facesvc.domain.rejection import Rejection

DEFAULT_TOP_K = 5


@dataclass(frozen=True)
class SearchRequest:
    """What Search is asked; None means the configured default. ``limit`` decides what matches,
    ``match_anyway`` whether a probe without an identity may.
    """

    source: ProbeSource
    top_k: int | None = None
    limit: Limit = AS_CONFIGURED
    collection: str = DEFAULT_COLLECTION
    min_version: int = 0
    allow_partial: bool = False
    match_anyway: bool | None = None
    where: MetadataFilter = EVERYBODY
    with_metadata: bool = False


@dataclass(frozen=True)
class SearchOutcome:
    """``matches`` best first; ``observed`` None for a given embedding; ``point`` as used;
    ``missing`` and ``known`` as in SearchResult. ``faults`` say why the probe carries no identity.
    """

    matches: list[Match]
    observed: ObservedFace | ObservedCrop | None
    point: OperatingPoint
    faults: list[Rejection]
    missing: tuple[int, ...] = ()
    known: bool = True


@dataclass(frozen=True)
class SearchFaces:
    """Answers Search."""

    make_probe: MakeProbe
    gallery: GalleryReader
    rules: CollectionRules
    sightings: Sightings

    def __call__(self, request: SearchRequest, call: Call) -> SearchOutcome:
        """Return the matches. Raises InvalidFieldError, the image errors, NoFaceError,
        StoreUnavailableError.
        """
        gallery = self.gallery.size(request.collection)
        thresholds = self.rules.thresholds_of(request.collection)
        point = thresholds.one_to_many(request.limit, gallery)
        top_k = DEFAULT_TOP_K if request.top_k is None else request.top_k
        probe = self.make_probe(request.source, call)
        faults = probe.faults(self.make_probe.rule)
        if not self.make_probe.rule.may_match(faults, request.match_anyway):
            known = self.gallery.knows(request.collection)
            return SearchOutcome([], probe.observed, point, faults, known=known)
        query = SearchQuery(
            request.collection,
            probe.embedding[np.newaxis],
            top_k,
            point.threshold,
            request.min_version,
            request.allow_partial,
            request.where,
            request.with_metadata,
        )
        found = self.gallery.search(query, call)
        matches = [thresholds.judged(match, gallery) for match in found.first]
        if not faults:
            self.sightings.note(
                request.collection,
                matches[:1],
                lambda: thresholds.one_to_many(AS_CONFIGURED, gallery).threshold,
            )
        return SearchOutcome(matches, probe.observed, point, faults, found.missing, found.known)
