"""What the engine says of clean and degraded photos."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
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
from facesvc.domain.quality_score import sharpness_score
from facesvc.engine.engine import OnnxFaceEngine
from facesvc.engine.light import measure_light, sharpness_of
from facesvc.engine.view import view_of
from facesvc.evaluation.calibration.kept_faces import Faces, Kept, faces_of

Pixels = NDArray[np.uint8]

KEPT_EVERY = 200  # photos: what an interrupted run loses at most


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
    grey = view_of(photo, face).grey()  # a quality's blur and light, without its pose
    light, template = measure_light(grey), engine.recognize(photo, face)
    return (
        template.embedding,
        template.lengths,
        face.confidence,
        (face.box.x1, face.box.y1, face.box.x2, face.box.y2),
        1.0 - sharpness_score(sharpness_of(grey)),
        light.brightness,
        light.overexposed,
        light.eye_contrast,
    )


def observe(
    engine: OnnxFaceEngine,
    photos: Sequence[Path],
    change: Callable[[Pixels, Path], Pixels],
    kept: Kept,
    progress: Callable[[int], object],
    threads: int,
) -> Faces:
    """Return what the engine sees in the photos as ``change`` makes them, in their order; what
    ``kept`` has from an earlier run is not looked at again. ``progress`` is told how many photos
    more are done. Photos that are no image, or show no face, are passed over.
    """

    def one(path: Path) -> tuple[Any, ...] | None:
        pixels = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if pixels is None:
            return None
        found = look_at(engine, np.ascontiguousarray(change(np.asarray(pixels, np.uint8), path)))
        return None if found is None else (str(path), *found)

    done, seen = kept.read()
    left = [path for path in photos if str(path) not in done]
    progress(len(photos) - len(left))
    with ThreadPoolExecutor(threads) as pool:
        for block in _blocks(left):
            rows = []
            for row in pool.map(one, block):
                rows += [] if row is None else [row]
                progress(1)
            done |= set(map(str, block))
            seen = seen.joined(faces_of(rows)) if rows else seen
            kept.write(done, seen)
    return seen.of(list(map(str, photos)))


def _blocks(photos: Sequence[Path]) -> Iterator[tuple[Path, ...]]:
    rest = iter(photos)
    while block := tuple(itertools.islice(rest, KEPT_EVERY)):
        yield block
