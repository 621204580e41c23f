"""Finding the users who look like the best face of an image (1:N)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facesvc.application.call import Call
from facesvc.application.detect_faces import ObservedFace
from facesvc.application.ports.gallery_reader import GalleryReader
from facesvc.application.probe import MakeProbe, ProbeSource
from facesvc.domain.gallery import DEFAULT_COLLECTION, Match, SearchQuery

DEFAULT_TOP_K = 5


@dataclass(frozen=True)
class SearchRequest:
    """What Search is asked; None means the configured default."""

    source: ProbeSource
    top_k: int | None = None
    threshold: float | None = None
    collection: str = DEFAULT_COLLECTION
    min_version: int = 0
    allow_partial: bool = False


@dataclass(frozen=True)
class SearchOutcome:
    """``matches`` best first; ``observed`` None for a given embedding; ``threshold`` as used;
    ``missing`` as in SearchResult.
    """

    matches: list[Match]
    observed: ObservedFace | None
    threshold: float
    missing: tuple[int, ...] = ()


@dataclass(frozen=True)
class SearchFaces:
    """Answers Search."""

    make_probe: MakeProbe
    gallery: GalleryReader
    default_threshold: float

    def __call__(self, request: SearchRequest, call: Call) -> SearchOutcome:
        """Return the matches. Raises the image errors, NoFaceError, StoreUnavailableError."""
        threshold = self.default_threshold if request.threshold is None else request.threshold
        top_k = DEFAULT_TOP_K if request.top_k is None else request.top_k
        probe = self.make_probe(request.source, call)
        query = SearchQuery(
            request.collection,
            probe.embedding[np.newaxis],
            top_k,
            threshold,
            request.min_version,
            request.allow_partial,
        )
        found = self.gallery.search(query, call)
        return SearchOutcome(found.first, probe.observed, threshold, found.missing)
