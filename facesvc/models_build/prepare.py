"""Makes everything that serving a pack needs: its manifest, its prepared variants."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from facesvc.models.builtin import BUILT_IN
from facesvc.models.int8_calibration import KEPT_FILE, Calibration
from facesvc.models.load import folder_of, load_pack
from facesvc.models.manifest import MANIFEST_FILE, ModelFile, Role
from facesvc.models.manifest_json import write_manifest
from facesvc.models.pack import Pack
from facesvc.models.pack_errors import NotPreparedError, PackError
from facesvc.models.pack_names import INSIGHTFACE_PACKS
from facesvc.models.prepared_files import Recipe
from facesvc.models_build.insightface_download import download
from facesvc.models_build.insightface_layout import UNKNOWN_LICENCE, WEIGHTS_LICENCE, read_layout
from facesvc.models_build.keep_variants import Made, refuse, variant
from facesvc.models_build.make_variants import calibrate, make_batch, make_float32, make_int8
from facesvc.models_build.photos import group_photo

Say = Callable[[str], None]


@dataclass(frozen=True)
class Variants:
    """The prepared variants of one pack, each made when it is not there yet. ``say`` is told
    what was made, and how long it took.
    """

    pack: Pack
    say: Say = lambda _: None

    def float32(self, model: ModelFile) -> bytes:
        """Return the model with its rewrites. Raises PackError."""
        original = self.pack.original_bytes(model)
        if not model.prepare:
            return original
        return self._variant(self.pack.recipe(model), lambda: make_float32(model, original))

    def int8(self, model: ModelFile) -> bytes:
        """Return the model in int8, a detector's ranges measured where none are known. Raises
        PackError.
        """
        calibration, original = self.calibration(model), self.pack.original_bytes(model)
        recipe = self.pack.recipe(model, int8=True)
        return self._variant(recipe, lambda: make_int8(model, original, calibration))

    def batch(self, model: ModelFile, *, int8: bool) -> bytes | None:
        """Return the model with a free batch; None, and noted as such, when it takes none."""
        single = self.int8(model) if int8 else self.float32(model)
        recipe = self.pack.recipe(model, int8=int8, batch=True)
        try:
            return self._variant(recipe, lambda: make_batch(model, single))
        except PackError as error:
            refuse(self.pack.prepared_folder, recipe, str(error))
            return None

    def calibration(self, model: ModelFile) -> Calibration:
        """Return the model's ranges, measured on InsightFace's photo where none are known."""
        try:
            return self.pack.calibration(model)
        except NotPreparedError:
            with self._timed(KEPT_FILE):
                measured = calibrate(model, self.pack.original_bytes(model), [group_photo()])
            folder = self.pack.elsewhere or self.pack.folder
            (folder / KEPT_FILE).write_text(measured.to_json(), encoding="utf-8")
            return measured

    def make_all(self, *, int8: bool, batches: bool) -> None:
        """Make what a server with these settings reads. Raises PackError, OSError."""
        for model in self.pack.manifest.models:
            self.float32(model)
            if batches and model.roles != (Role.LANDMARKS,):  # no call runs it
                self.batch(model, int8=False)
        for model in self._int8_models() if int8 else ():
            self.int8(model)
            if batches:
                self.batch(model, int8=True)

    def _int8_models(self) -> list[ModelFile]:
        models = [m for m in self.pack.manifest.models if self.pack.runs_in_int8(m)]
        if not models:
            raise PackError(
                f"{self.pack.folder}: none of its models has an int8 form: leave "
                "ENGINE_PRECISION=auto."
            )
        return models

    def _variant(self, recipe: Recipe, make: Callable[[], Made]) -> bytes:
        def timed() -> Made:
            with self._timed(recipe.file):
                return make()

        return variant(self.pack.prepared_folder, recipe, timed)

    @contextmanager
    def _timed(self, what: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.say(f"{what}: {time.perf_counter() - began:.1f} s")


def prepare(
    name_or_path: str,
    model_root: Path,
    *,
    int8: bool = False,
    batches: bool = False,
    elsewhere: Path | None = None,
    say: Say = lambda _: None,
) -> Pack:
    """Download one of InsightFace's packs where it is missing, pin what was found in a folder
    without a manifest, and make the prepared variants; return the pack, ready to be served.

    The int8 forms are made where they were evaluated, or with ``int8``. ``elsewhere``
    takes what is written for a folder that cannot be. Raises PackError, OSError.
    """
    folder = folder_of(name_or_path, model_root)
    if not folder.is_dir():
        say(f"{name_or_path}: InsightFace's downloader is fetching it")
        download(name_or_path, model_root)
    if name_or_path not in BUILT_IN:
        _pin(folder, elsewhere or folder)
    pack = load_pack(name_or_path, model_root, elsewhere)
    wants_int8 = int8 or pack.has_evaluated_int8()
    Variants(pack, say).make_all(int8=wants_int8, batches=batches)
    return pack


def _pin(folder: Path, into: Path) -> None:
    """Write the manifest of a folder in InsightFace's layout that has none."""
    if (folder / MANIFEST_FILE).exists() or (into / MANIFEST_FILE).exists():
        return
    known = folder.name in INSIGHTFACE_PACKS
    manifest = read_layout(
        folder,
        name=folder.name,
        licence=WEIGHTS_LICENCE if known else UNKNOWN_LICENCE,
        source=f"InsightFace pack {folder.name}" if known else "the operator",
    )
    try:
        write_manifest(manifest, into / MANIFEST_FILE)
    except OSError as error:
        raise PackError(f"{into} cannot be written: {error.strerror}.") from error
