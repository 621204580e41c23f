"""Makes prepared variants and checks each against its original.

Only models_build does this: a serving process never imports onnx or the quantiser.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import onnx

from facesvc.models.int8_calibration import Calibration
from facesvc.models.int8_forms import Int8Form, int8_form
from facesvc.models.manifest import Meaning, ModelFile
from facesvc.models.pack_errors import PackError
from facesvc.models.prepared_files import EXACT_REWRITES
from facesvc.models_build.compare_outputs import (
    FLOAT32_LIMITS,
    INT8_DIRECTION_LIMITS,
    INT8_LIMITS,
    compare_batch,
    compare_detections,
    compare_directions,
    compare_outputs,
)
from facesvc.models_build.graph.batch import free_batch
from facesvc.models_build.graph.calibration_inputs import calibration_blobs
from facesvc.models_build.graph.int8 import measure_ranges, quantise_int8
from facesvc.models_build.graph.tensors import GraphRewriteError
from facesvc.models_build.keep_variants import Made, refuse_unless
from facesvc.models_build.photos import read_photo
from facesvc.models_build.rewrites import FOLD_STEP, REWRITES, prepared

COUNT = 64  # calibration inputs; 96 and 200 gave landmarks that are as good
SIDE = 640
SEED = 0


def make_float32(model: ModelFile, original: bytes) -> Made:
    """Apply the model's rewrites. Raises PackError."""
    unknown = [name for name in model.prepare if name not in REWRITES]
    if unknown:
        raise PackError(f"{model.file}: prepare names the unknown rewrites {unknown}")
    try:
        data = prepared(original, model.prepare)
    except GraphRewriteError as error:
        raise PackError(f"{model.file}: cannot be prepared: {error}") from error
    # ONNX Runtime cannot run every file whose weights are still folded away.
    runnable = prepared(original, [name for name in model.prepare if name == FOLD_STEP])
    difference = compare_outputs(model, runnable, data)
    refuse_unless(model.file, difference, FLOAT32_LIMITS)
    return Made(data, difference)


def make_int8(model: ModelFile, original: bytes, calibration: Calibration) -> Made:
    """Quantise the model, its rewrites applied. Raises PackError."""
    form, is_detector = form_of(model), model.output is Meaning.SCRFD
    try:
        exact = prepared(original, form.steps)
        rough = quantise_int8(
            onnx.load_model_from_string(exact),
            calibration.ranges,
            exact=form.exact,
            last=form.last,
            moves=form.moves,
        )
    except GraphRewriteError as error:
        raise PackError(f"{model.file}: has no int8 form: {error}") from error
    data = bytes(rough.SerializeToString(deterministic=True))
    compare = compare_detections if is_detector else partial(compare_directions, model)
    difference = compare(exact, data)
    limits = INT8_LIMITS if is_detector else INT8_DIRECTION_LIMITS
    refuse_unless(f"{model.file} in int8", difference, limits)
    return Made(data, difference)


def form_of(model: ModelFile) -> Int8Form:
    """Return how the model becomes int8. Raises PackError for one that does not."""
    form = int8_form(model)
    if form is None:
        raise PackError(f"{model.file}: has no int8 form: leave ENGINE_PRECISION=auto.")
    return form


def make_batch(model: ModelFile, single: bytes) -> Made:
    """Free the batch of a prepared model. Raises PackError."""
    try:
        free = free_batch(onnx.load_model_from_string(single))
    except GraphRewriteError as error:
        raise PackError(f"{model.file}: cannot take batches: {error}") from error
    data = bytes(free.SerializeToString())
    try:
        difference = compare_batch(model, single, data)
    except Exception as error:  # ONNX Runtime's exceptions have no common base
        raise PackError(f"{model.file}: cannot take batches: {error}") from error
    refuse_unless(f"{model.file} in batches", difference, FLOAT32_LIMITS)
    return Made(data, difference)


def calibrate(model: ModelFile, original: bytes, photos: Sequence[Path]) -> Calibration:
    """Measure the float32 detector's activation ranges. Takes seconds.

    Without the exact rewrites, so that those which a release adds leave the ranges, and with
    them the digest, as they are. Raises PackError for a detector without an int8 form.
    """
    if model.output is not Meaning.SCRFD:
        raise PackError(
            f"{model.file}: has no int8 form, only SCRFD has one: leave ENGINE_PRECISION=auto."
        )
    exact = prepared(original, [name for name in model.prepare if name not in EXACT_REWRITES])
    blobs = calibration_blobs([read_photo(path) for path in photos], COUNT, SIDE, SEED)
    return Calibration(
        model=model.sha256,
        photos={
            f"{path.parent.name}/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest()
            for path in photos
        },
        count=COUNT,
        side=SIDE,
        seed=SEED,
        ranges=measure_ranges(onnx.load_model_from_string(exact), blobs),
    )
