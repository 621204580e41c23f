"""A pack: a folder and the manifest that says what is in it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import onnx

from facesvc.adapters.packs.calibrated import (
    Calibration,
    calibrate,
    group_photo,
    kept_calibration,
    shipped_calibration,
)
from facesvc.adapters.packs.checks import (
    FLOAT32_LIMITS,
    INT8_LIMITS,
    compare_detections,
    compare_outputs,
)
from facesvc.adapters.packs.checksum import read_verified
from facesvc.adapters.packs.errors import PackError
from facesvc.adapters.packs.graph.int8 import quantise_int8
from facesvc.adapters.packs.graph.tensors import GraphRewriteError
from facesvc.adapters.packs.manifest import Manifest, ModelFile
from facesvc.adapters.packs.prepare import REWRITES, REWRITES_VERSION, prepared
from facesvc.adapters.packs.variants import Made, Recipe, refuse_unless, variant

INT8_STEP = "quantise_int8"


@dataclass(frozen=True)
class Pack:
    """Originals are checked against their pin each time they are read; prepared variants are
    made and checked against their original when first asked for, then pinned and read again.
    """

    folder: Path
    manifest: Manifest

    def model_bytes(self, model: ModelFile) -> bytes:
        """Return the ONNX model in float32, prepared. Raises PackError."""
        original = self._original(model)
        unknown = [name for name in model.prepare if name not in REWRITES]
        if unknown:
            raise PackError(f"{model.file}: prepare names the unknown rewrites {unknown}")
        if not model.prepare:
            return original
        recipe = Recipe(model.file, model.sha256, model.prepare, REWRITES_VERSION)
        return variant(self.folder, recipe, partial(self._make_float32, model, original))

    def int8_bytes(self, model: ModelFile) -> bytes:
        """Return the detector quantised to int8. Raises PackError."""
        calibration = self.calibration(model)
        steps = (*model.prepare, INT8_STEP)
        recipe = Recipe(model.file, model.sha256, steps, REWRITES_VERSION, calibration.digest())
        return variant(self.folder, recipe, partial(self._make_int8, model, calibration))

    def calibration(self, model: ModelFile) -> Calibration:
        """Return the detector's activation ranges: the shipped ones, or those measured on
        InsightFace's photo and kept in the pack's folder. Raises PackError.
        """
        shipped = shipped_calibration(model.sha256)
        if shipped is not None:
            return shipped
        return kept_calibration(self.folder, model.sha256, partial(self._calibrate, model))

    def verify(self) -> None:
        """Read every file once, used by the engine or not. Raises PackError."""
        for model in self.manifest.models:
            self._original(model)

    def _original(self, model: ModelFile) -> bytes:
        return read_verified(self.folder / model.file, model.sha256)

    def _make_float32(self, model: ModelFile, original: bytes) -> Made:
        try:
            data = prepared(original, model.prepare)
        except GraphRewriteError as error:
            raise PackError(f"{self.folder / model.file}: cannot be prepared: {error}") from error
        difference = compare_outputs(model, original, data)
        refuse_unless(f"{self.folder / model.file}", difference, FLOAT32_LIMITS)
        return Made(data, difference)

    def _make_int8(self, model: ModelFile, calibration: Calibration) -> Made:
        exact = self.model_bytes(model)
        try:
            rough = quantise_int8(onnx.load_model_from_string(exact), calibration.ranges)
        except GraphRewriteError as error:
            raise PackError(f"{self.folder / model.file}: has no int8 form: {error}") from error
        data = bytes(rough.SerializeToString(deterministic=True))
        difference = compare_detections(exact, data)
        refuse_unless(f"{self.folder / model.file} in int8", difference, INT8_LIMITS)
        return Made(data, difference)

    def _calibrate(self, model: ModelFile) -> Calibration:
        exact = onnx.load_model_from_string(self.model_bytes(model))
        return calibrate(model.sha256, exact, [group_photo()])
