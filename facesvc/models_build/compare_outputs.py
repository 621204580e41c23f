"""Compares a prepared model with its original on InsightFace's photo of six people."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from facesvc.engine.kernels.canvas import Canvas
from facesvc.engine.kernels.scrfd_decode import decode
from facesvc.models.manifest import ModelFile, Role
from facesvc.models_build.photos import group_photo, read_photo

# Rewrites only reorder float32 sums: 1.4e-6 of the outputs' range was measured.
FLOAT32_LIMITS = {"outputs": 1e-4}

# Of the evaluation on labelled photos: no face lost, landmarks within 1.5 % of the eyes'
# distance on average.
INT8_LIMITS = {"faces lost": 0.0, "landmarks, % of eye distance": 1.5}

# The tiles are no faces, on which it is nearer: docs/precision.md.
INT8_DIRECTION_LIMITS = {"outputs, 1 - cosine": 0.1}

_SIDE = 640
_SCORE, _OVERLAP = 0.5, 0.4


def compare_outputs(spec: ModelFile, original: bytes, prepared: bytes) -> dict[str, float]:
    """Return the greatest difference of any output, as a part of the greatest output."""
    before, after = _session(original), _session(prepared)
    worst = 0.0
    for blob in _blobs(spec):
        worst = max(worst, _difference(_run(before, blob), _run(after, blob)))
    return {"outputs": worst}


def compare_batch(spec: ModelFile, single: bytes, batch: bytes) -> dict[str, float]:
    """Return how far a batch's answers are from those that its inputs get alone, measured as in
    ``compare_outputs``.
    """
    photo = _blobs(spec)[0]
    blobs = [photo, photo[..., ::-1], photo[:, :, ::-1]]  # the first one mirrored both ways
    alone, together = _session(single), _session(batch)
    answers = _run(together, np.concatenate(blobs))
    worst = 0.0
    for row, blob in enumerate(blobs):
        expected = _run(alone, np.ascontiguousarray(blob))
        worst = max(worst, _difference(expected, [answer[row : row + 1] for answer in answers]))
    return {"outputs": worst}


def compare_detections(exact: bytes, rough: bytes) -> dict[str, float]:
    """Return how many faces of the float32 detector the other one loses, and how far their
    landmarks move on average.
    """
    boxes, landmarks = _detect(exact)
    _, found = _detect(rough)
    lost, shifts = 0, []
    for box, points in zip(boxes, landmarks, strict=True):
        moved = np.linalg.norm(found - points, axis=2).mean(axis=1)
        if not len(moved) or moved.min() > 0.25 * (box[2] - box[0]):
            lost += 1
            continue
        eyes = float(np.linalg.norm(points[0] - points[1]))
        shifts.append(float(moved.min()) / eyes * 100)
    return {
        "faces": float(len(boxes)),
        "faces lost": float(lost),
        "landmarks, % of eye distance": float(np.mean(shifts)) if shifts else 0.0,
    }


def compare_directions(spec: ModelFile, exact: bytes, rough: bytes) -> dict[str, float]:
    """Return the greatest difference of direction of any tile's vectors, 1 less the cosine."""
    before, after = _session(exact), _session(rough)
    worst = 0.0
    for blob in _blobs(spec):
        for first, second in zip(_run(before, blob), _run(after, blob), strict=True):
            lengths = float(np.linalg.norm(first) * np.linalg.norm(second))
            worst = max(worst, 1.0 - float(first[0] @ second[0]) / lengths)
    return {"outputs, 1 - cosine": worst}


def _difference(expected: list[Any], measured: list[Any]) -> float:
    """Return the greatest difference of any output, as a part of the greatest output."""
    worst = 0.0
    for first, second in zip(expected, measured, strict=True):
        greatest = max(float(np.abs(first).max()), 1e-6)
        worst = max(worst, float(np.abs(first - second.reshape(first.shape)).max()) / greatest)
    return worst


def _detect(model: bytes) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    canvas = Canvas(_SIDE, 127.5, 128.0, tight=False)
    with canvas.blob(read_photo(group_photo())) as (blob, scale):
        return decode(_run(_session(model), blob), _SIDE, scale, _SCORE, _OVERLAP)


def _blobs(spec: ModelFile) -> list[NDArray[np.float32]]:
    """Return real pixels in the model's normalisation: the whole photo for a detector, else
    six tiles of it.
    """
    photo = read_photo(group_photo())
    if Role.DETECTOR in spec.roles:
        side = spec.input_size or _SIDE
        with Canvas(side, spec.mean[0], spec.std[0], tight=False).blob(photo) as (blob, _):
            return [blob]
    side = spec.input_size or 112
    height, width = photo.shape[:2]
    tiles = [
        cv2.resize(photo[y : y + height // 2, x : x + width // 3], (side, side))
        for y in (0, height // 2)
        for x in (0, width // 3, 2 * (width // 3))
    ]
    return [
        ((tile.astype(np.float32) - spec.mean[0]) / spec.std[0])
        .transpose(2, 0, 1)[np.newaxis]
        .astype(np.float32)
        for tile in tiles
    ]


def _session(model: bytes) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.log_severity_level = 3
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _run(session: ort.InferenceSession, blob: NDArray[np.float32]) -> list[Any]:
    outputs: list[Any] = session.run(None, {session.get_inputs()[0].name: blob})
    return outputs
