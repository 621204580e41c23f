"""A pack: a folder and the manifest that says what is in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facesvc.domain.calibration import PackCalibration
from facesvc.models.calibration_json import find_calibration
from facesvc.models.checksum import read_verified
from facesvc.models.int8_calibration import Calibration, kept_calibration, shipped_calibration
from facesvc.models.int8_forms import int8_form, is_measured_anywhere
from facesvc.models.manifest import Manifest, ModelFile, Role
from facesvc.models.pack_errors import NotPreparedError
from facesvc.models.prepared_files import (
    BATCH_STEP,
    FOLDER,
    REWRITES_VERSION,
    Recipe,
    read_variant,
)
from facesvc.models.projection import read_projection

INT8_STEP = "quantise_int8"


@dataclass(frozen=True)
class Pack:
    """Originals are checked against their pin each time they are read, prepared variants against
    the digest that was noted when they were made. Nothing is made here: what is missing is a
    NotPreparedError. ``elsewhere`` holds the variants of a folder that cannot be written.
    """

    folder: Path
    manifest: Manifest
    elsewhere: Path | None = None

    @property
    def prepared_folder(self) -> Path:
        """Where the prepared variants are."""
        return (self.elsewhere or self.folder) / FOLDER

    def model_bytes(self, model: ModelFile) -> bytes:
        """Return the ONNX model in float32, prepared. Raises PackError."""
        original = self.original_bytes(model)
        return self._prepared(self.recipe(model)) if model.prepare else original

    def int8_bytes(self, model: ModelFile) -> bytes:
        """Return the model quantised to int8. Raises PackError."""
        return self._prepared(self.recipe(model, int8=True))

    def batch_bytes(self, model: ModelFile, *, int8: bool) -> bytes:
        """Return the model with a free batch, else as ``model_bytes`` or ``int8_bytes`` give it.
        Raises PackError, also when the model cannot take batches.
        """
        return self._prepared(self.recipe(model, int8=int8, batch=True))

    def recipe(self, model: ModelFile, *, int8: bool = False, batch: bool = False) -> Recipe:
        """Return how a variant is made. Raises PackError when int8 ranges are missing."""
        form = int8_form(model) if int8 else None
        steps = (
            *(model.prepare if form is None else form.steps),
            *((INT8_STEP,) if int8 else ()),
            *((BATCH_STEP,) if batch else ()),
        )
        calibration = self.calibration(model).digest() if int8 else ""
        return Recipe(model.file, model.sha256, steps, REWRITES_VERSION, calibration)

    def runs_in_int8(self, model: ModelFile) -> bool:
        """True when the model is int8 where the precision is: its ranges come with the code, or
        it is a detector of which they are measured anywhere.
        """
        return shipped_calibration(model.sha256) is not None or is_measured_anywhere(model)

    def int8_digest(self, model: ModelFile) -> str:
        """Return what tells the model's int8 form from others of its original, "" where it has
        none. Raises PackError.
        """
        return self.calibration(model).digest() if self.runs_in_int8(model) else ""

    def has_int8_detector(self) -> bool:
        """True when the detector is among the models that run in int8."""
        return self.runs_in_int8(self.manifest.with_role(Role.DETECTOR)[0])

    def has_evaluated_int8(self) -> bool:
        """True when the ranges of all that runs in int8 come with the code: then these forms were
        evaluated on labelled photos (docs/precision.md). False when nothing does.
        """
        models = [model for model in self.manifest.models if self.runs_in_int8(model)]
        return bool(models) and all(shipped_calibration(m.sha256) is not None for m in models)

    def calibration(self, model: ModelFile) -> Calibration:
        """Return the model's activation ranges: the shipped ones, or those that were measured
        when the pack was prepared. Raises PackError.
        """
        found = shipped_calibration(model.sha256) or kept_calibration(self.folder, model.sha256)
        if found is None and self.elsewhere is not None:
            found = kept_calibration(self.elsewhere, model.sha256)
        if found is None:
            raise NotPreparedError(self.folder, f"the int8 ranges of {model.file}")
        return found

    def decision_calibration(self) -> PackCalibration | None:
        """Return what was measured of the recognizer: from the pack's folder, else what comes
        with the code; None when nothing was. Raises PackError.
        """
        detector = self.manifest.with_role(Role.DETECTOR)[0].sha256
        recognizers = tuple(model.sha256 for model in self.manifest.with_role(Role.RECOGNIZER))
        return find_calibration(self.folder, detector, recognizers)

    def projection(self) -> NDArray[np.float32] | None:
        """Return the matrix that joins the recognizers' vectors, float32 (n, 512), with
        orthonormal columns; None when the pack has none. Raises PackError.
        """
        spec = self.manifest.projection
        return None if spec is None else read_projection(self.folder / spec.file, spec.sha256)

    def verify(self) -> None:
        """Read every file once, used by the engine or not. Raises PackError."""
        for model in self.manifest.models:
            self.original_bytes(model)
        self.projection()

    def original_bytes(self, model: ModelFile) -> bytes:
        """Return the file as it is published. Raises PackError."""
        return read_verified(self.folder / model.file, model.sha256)

    def _prepared(self, recipe: Recipe) -> bytes:
        data = read_variant(self.prepared_folder, recipe)
        if data is None:
            raise NotPreparedError(self.folder, f"{FOLDER}/{recipe.file}")
        return data
