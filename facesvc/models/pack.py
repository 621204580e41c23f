"""A pack: a folder and the manifest that says what is in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from facesvc.models.checksum import read_verified
from facesvc.models.int8_calibration import Calibration, kept_calibration, shipped_calibration
from facesvc.models.manifest import Manifest, ModelFile, Role
from facesvc.models.prepared_files import BATCH_STEP, REWRITES_VERSION, Made, Recipe, variant
from facesvc.models_build.photos import group_photo

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
        original = self.original_bytes(model)
        if not model.prepare:
            return original

        def make() -> Made:
            from facesvc.models_build.make_variants import make_float32  # slow, seldom needed

            return make_float32(model, original)

        recipe = Recipe(model.file, model.sha256, model.prepare, REWRITES_VERSION)
        return variant(self.folder, recipe, make)

    def int8_bytes(self, model: ModelFile) -> bytes:
        """Return the detector quantised to int8. Raises PackError."""
        calibration = self.calibration(model)

        def make() -> Made:
            from facesvc.models_build.make_variants import make_int8  # slow, seldom needed

            return make_int8(model, self.model_bytes(model), calibration)

        steps = (*model.prepare, INT8_STEP)
        recipe = Recipe(model.file, model.sha256, steps, REWRITES_VERSION, calibration.digest())
        return variant(self.folder, recipe, make)

    def batch_bytes(self, model: ModelFile, *, int8: bool) -> bytes:
        """Return the model with a free batch, else as ``model_bytes`` or ``int8_bytes`` give it.
        Raises PackError, also when the model cannot take batches.
        """

        def make() -> Made:
            from facesvc.models_build.make_variants import make_batch  # slow, seldom needed

            return make_batch(model, self.int8_bytes(model) if int8 else self.model_bytes(model))

        steps = (*model.prepare, *((INT8_STEP,) if int8 else ()), BATCH_STEP)
        calibration = self.calibration(model).digest() if int8 else ""
        recipe = Recipe(model.file, model.sha256, steps, REWRITES_VERSION, calibration)
        return variant(self.folder, recipe, make)

    def has_evaluated_int8(self) -> bool:
        """True when the detector's ranges come with the code: then its int8 form was
        evaluated on labelled photos (docs/precision.md).
        """
        return shipped_calibration(self.manifest.with_role(Role.DETECTOR)[0].sha256) is not None

    def calibration(self, model: ModelFile) -> Calibration:
        """Return the detector's activation ranges: the shipped ones, or those measured on
        InsightFace's photo and kept in the pack's folder. Raises PackError.
        """

        def measure() -> Calibration:
            from facesvc.models_build.make_variants import calibrate  # slow, seldom needed

            return calibrate(model, self.original_bytes(model), [group_photo()])

        shipped = shipped_calibration(model.sha256)
        return shipped or kept_calibration(self.folder, model.sha256, measure)

    def verify(self) -> None:
        """Read every file once, used by the engine or not. Raises PackError."""
        for model in self.manifest.models:
            self.original_bytes(model)

    def original_bytes(self, model: ModelFile) -> bytes:
        """Return the file as it is published. Raises PackError."""
        return read_verified(self.folder / model.file, model.sha256)
