"""Finding out who is in a photo of many people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facesvc.application.call import Call
from facesvc.application.detect_faces import DetectFaces, ObservedFace
from facesvc.application.embedded_face import embed_face
from facesvc.application.images import ImageInput
from facesvc.application.ports.engine import FaceEngine
from facesvc.application.ports.gallery_reader import GalleryReader
from facesvc.domain.gallery import DEFAULT_COLLECTION, Match, SearchQuery


@dataclass(frozen=True)
class IdentifyRequest:
    """What Identify is asked; a threshold of None means the configured default."""

    image: ImageInput
    threshold: float | None = None
    collection: str = DEFAULT_COLLECTION
    min_version: int = 0


@dataclass(frozen=True)
class IdentifiedFace:
    """A face and the most similar user, None when nobody reaches the threshold."""

    observed: ObservedFace
    match: Match | None


@dataclass(frozen=True)
class IdentifiedFaces:
    """``faces`` most certain detection first; ``users`` each once, most similar first."""

    faces: list[IdentifiedFace]
    users: list[Match]
    threshold: float


@dataclass(frozen=True)
class IdentifyFaces:
    """Answers Identify."""

    detect_faces: DetectFaces
    engine: FaceEngine
    gallery: GalleryReader
    default_threshold: float

    def __call__(self, request: IdentifyRequest, call: Call) -> IdentifiedFaces:
        """Return every face with its best match. Raises the image errors and
        StoreUnavailableError; a photo without a face is an empty answer.
        """
        threshold = self.default_threshold if request.threshold is None else request.threshold
        observed, probes = [], []
        with self.detect_faces.open(request.image, call) as look:
            for seen in look.all():
                call.check()
                embedded = embed_face(self.engine, seen)
                observed.append(embedded.observed)
                probes.append(embedded.embedding)
        if not probes:
            return IdentifiedFaces([], [], threshold)
        query = SearchQuery(request.collection, np.stack(probes), 1, threshold, request.min_version)
        found = self.gallery.search(query, call).of_probes
        faces = [
            IdentifiedFace(seen, matches[0] if matches else None)
            for seen, matches in zip(observed, found, strict=True)
        ]
        return IdentifiedFaces(faces, _each_once(faces), threshold)


def _each_once(faces: list[IdentifiedFace]) -> list[Match]:
    best: dict[str, Match] = {}
    for match in (face.match for face in faces):
        if match is None:
            continue
        known = best.get(match.user_id)
        if known is None or match.similarity > known.similarity:
            best[match.user_id] = match
    return sorted(best.values(), key=lambda match: (-match.similarity, match.user_id))
