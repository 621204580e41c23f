"""Measures the activation ranges of a model that is fed faces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import onnx

from facesvc.engine.crops import to_blob
from facesvc.models.int8_calibration import Calibration
from facesvc.models.manifest import ModelFile
from facesvc.models_build.graph.calibration_inputs import Pixels
from facesvc.models_build.graph.clipped_ranges import measure_clipped
from facesvc.models_build.graph.face_inputs import varied_faces
from facesvc.models_build.make_variants import SEED, form_of
from facesvc.models_build.rewrites import prepared

COUNT = 48  # calibration inputs


def calibrate_faces(
    model: ModelFile, original: bytes, crops: Sequence[Pixels], photos: Mapping[str, str]
) -> Calibration:
    """Measure the ranges on crops, uint8 (side, side, 3), BGR, of ``photos``, names with their
    SHA-256. Takes half a minute. Raises PackError for a model without an int8 form.
    """
    form = form_of(model)
    exact = onnx.load_model_from_string(prepared(original, form.steps))
    blobs = (to_blob(crop, model) for crop in varied_faces(crops, COUNT, SEED))
    return Calibration(
        model=model.sha256,
        photos=dict(photos),
        count=COUNT,
        side=crops[0].shape[0],
        seed=SEED,
        ranges=measure_clipped(exact, blobs, moves=form.moves),
    )
