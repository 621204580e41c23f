"""Compares what two engines make of the same photos."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from benchmarks.precision.photos import Judged
from facesvc.domain import face_selection
from facesvc.domain.faces import BoundingBox, DetectedFace
from facesvc.domain.frames import rotations
from facesvc.domain.photo import Photo
from facesvc.engine.engine import OnnxFaceEngine

SAME_FACE = 0.5  # intersection over union, as in PASCAL VOC


@dataclass(frozen=True)
class Best:
    """The face that Embed answers with, and its embedding by the engine that found it."""

    face: DetectedFace
    embedding: NDArray[np.float32]


@dataclass
class Answers:
    """One engine's faces of each photo, its best face of each (None without), ms to detect."""

    faces: list[list[DetectedFace]] = field(default_factory=list)
    best: list[Best | None] = field(default_factory=list)
    ms: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Matched:
    """A face that both found. ``shift`` is in % of the eyes' distance; ``cosine`` is between
    the whole chains' embeddings. ``is_best`` is true when both choose it as the photo's best.
    ``embeddings`` are the reference's and the variant's.
    """

    photo: Judged
    face: DetectedFace
    shift: float
    cosine: float
    is_best: bool
    embeddings: tuple[NDArray[np.float32], NDArray[np.float32]]

    @property
    def side_px(self) -> float:
        """Return the longer side of the box in pixels."""
        return max(self.face.box.width, self.face.box.height)


@dataclass
class Comparison:
    """What a variant made of the reference's faces. ``counts`` are photos for which it says
    another ``faces_detected``, ``other_best`` such where it chooses another best face.
    """

    faces: int = 0
    lost: list[str] = field(default_factory=list)
    gained: list[str] = field(default_factory=list)
    matched: list[Matched] = field(default_factory=list)
    counts: list[str] = field(default_factory=list)
    other_best: list[str] = field(default_factory=list)


def answer(engines: Mapping[str, OnnxFaceEngine], photos: Sequence[Judged]) -> dict[str, Answers]:
    """Ask every engine about every photo, taking turns so that their times compare."""
    found = {name: Answers() for name in engines}
    for item in photos:
        for name, engine in engines.items():
            began = time.perf_counter()
            faces = engine.detect(item.photo)
            found[name].ms.append((time.perf_counter() - began) * 1000)
            found[name].faces.append(faces)
            found[name].best.append(_best(engine, item, faces))
    return found


def _best(engine: OnnxFaceEngine, item: Judged, faces: list[DetectedFace]) -> Best | None:
    if not faces:
        return None
    qualities = [engine.assess_quality(item.photo, face) for face in faces]
    frame = face_selection.Frame(item.photo.width, item.photo.height)
    chosen = faces[face_selection.best(qualities, [face.box for face in faces], frame)]
    return Best(chosen, engine.embed(item.photo, chosen))


def compare(
    photos: Sequence[Judged],
    reference: tuple[OnnxFaceEngine, Answers],
    variant: tuple[OnnxFaceEngine, Answers],
) -> Comparison:
    """Find every face of the reference among the variant's."""
    result = Comparison()
    (exact, expected), (engine, found) = reference, variant
    for index, item in enumerate(photos):
        wanted, faces = expected.faces[index], found.faces[index]
        first, second = expected.best[index], found.best[index]
        result.faces += len(wanted)
        if len(wanted) != len(faces):
            result.counts.append(_named(item))
        unmatched = list(faces)
        for face in wanted:
            near = nearest(face, unmatched)
            if near is None:
                result.lost.append(f"{_named(item)} ({face.confidence:.2f})")
                continue
            unmatched.remove(near)
            moved = np.linalg.norm(face.landmarks - near.landmarks, axis=1).mean()
            eyes = np.linalg.norm(face.landmarks[0] - face.landmarks[1])
            embeddings = (exact.embed(item.photo, face), engine.embed(item.photo, near))
            cosine = embeddings[0] @ embeddings[1]
            best = first is not None and second is not None
            is_best = best and first.face is face and second.face is near  # type: ignore[union-attr] # best says so
            shift = float(moved / max(eyes, 1e-6) * 100)
            result.matched.append(Matched(item, face, shift, float(cosine), is_best, embeddings))
        result.gained += [f"{_named(item)} ({face.confidence:.2f})" for face in unmatched]
        if first and second and overlap(first.face.box, second.face.box) < SAME_FACE:
            result.other_best.append(_named(item))
    return result


def upright_embedding(
    engine: OnnxFaceEngine, photo: Photo, face: DetectedFace
) -> NDArray[np.float32] | None:
    """Return the embedding of the photo's most certain face in another turn of the photo; None
    when no turn shows a face more certainly than the photo as it is shows this one.
    """
    turns = [Photo.from_pixels(frame.pixels) for frame in rotations(photo.pixels)]
    found = [(turned, other) for turned in turns for other in engine.detect(turned)]
    turned, best = max(found, key=lambda pair: pair[1].confidence, default=(photo, face))
    return engine.embed(turned, best) if best.confidence > face.confidence else None


def nearest(face: DetectedFace, others: Sequence[DetectedFace]) -> DetectedFace | None:
    """Return the other detection of the same face, None when there is none."""
    near = max(others, key=lambda other: overlap(face.box, other.box), default=None)
    return near if near is not None and overlap(face.box, near.box) >= SAME_FACE else None


def overlap(first: BoundingBox, second: BoundingBox) -> float:
    """Return the intersection over union, 0-1."""
    across = min(first.x2, second.x2) - max(first.x1, second.x1)
    down = min(first.y2, second.y2) - max(first.y1, second.y1)
    shared = max(0.0, across) * max(0.0, down)
    return shared / (first.area + second.area - shared)


def _named(item: Judged) -> str:
    return f"{item.name}, {item.copy}" if item.copy else item.name
