"""What the engine says of clean and degraded photos, kept so that an interrupted run goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from facesvc.domain.face_selection import (
    FaceSelection,
    Frame,
    SelectionRule,
    by_place,
)
from facesvc.domain.photo import Photo
from facesvc.engine.engine import OnnxFaceEngine

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Faces:
    """One face of each of n photos: ``path`` (n,), ``embedding`` float32 (n, 512), ``lengths``
    float64 (n, recognizers), ``confidence``, ``width`` of the box in pixels, ``blur``,
    ``brightness``, ``overexposed`` and ``eye_contrast``, float64 (n,).
    """

    path: NDArray[np.str_]
    embedding: NDArray[np.float32]
    lengths: NDArray[np.float64]
    confidence: NDArray[np.float64]
    width: NDArray[np.float64]
    blur: NDArray[np.float64]
    brightness: NDArray[np.float64]
    overexposed: NDArray[np.float64]
    eye_contrast: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.path)

    def select(self, keep: NDArray[np.bool_]) -> Faces:
        """Return those that are kept."""
        return Faces(*(getattr(self, field.name)[keep] for field in fields(Faces)))


def look_at(engine: OnnxFaceEngine, pixels: Pixels) -> tuple[Any, ...] | None:
    """Return the values, after ``path``, of the most central face, which a label is of; None where
    no face is found.
    """
    photo = Photo.from_pixels(pixels)
    faces = engine.detect(photo)
    if not faces:
        return None
    boxes, frame = [face.box for face in faces], Frame(photo.width, photo.height)
    face = faces[by_place(FaceSelection(SelectionRule.MOST_CENTRAL), boxes, frame)]
    quality, template = engine.assess_quality(photo, face), engine.recognize(photo, face)
    light = quality.light
    if light is None:
        raise ValueError("The engine measures no light.")
    return (
        template.embedding,
        template.lengths,
        face.confidence,
        face.box.width,
        quality.blur,
        light.brightness,
        light.overexposed,
        light.eye_contrast,
    )


def observe(
    engine: OnnxFaceEngine,
    photos: Sequence[Path],
    change: Callable[[Pixels, Path], Pixels],
    kept: Path,
    progress: Callable[[Iterable[object]], Iterable[object]],
    threads: int,
) -> Faces:
    """Return what the engine sees in the photos as ``change`` makes them; read from ``kept``
    where an earlier run has written it. Photos that are no image are passed over.
    """
    if kept.exists():
        with np.load(kept) as arrays:
            return Faces(**arrays)

    def one(path: Path) -> tuple[Any, ...] | None:
        pixels = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if pixels is None:
            return None
        found = look_at(engine, np.ascontiguousarray(change(np.asarray(pixels, np.uint8), path)))
        return None if found is None else (str(path), *found)

    with ThreadPoolExecutor(threads) as pool:
        rows = [row for row in progress(pool.map(one, photos)) if row is not None]
    faces = Faces(*_columns(rows))
    np.savez(kept, **{field.name: getattr(faces, field.name) for field in fields(Faces)})
    return faces


def _columns(rows: Sequence[Any]) -> Iterator[NDArray[Any]]:
    """Yield each field's array; (0,) ones without rows."""
    values = list(zip(*rows, strict=True)) if rows else [() for _ in fields(Faces)]
    for column in values:
        yield np.array(column)
