"""Prepared variants beside the originals, as a server reads them; models_build makes them.

``prepared/manifest.json`` in the pack's folder says of each what was done to which original
and how far its answers were from the original's on a real photo.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import onnxruntime

from facesvc.models.checksum import read_verified
from facesvc.models.pack_errors import PackError

FOLDER = "prepared"
RECORDS = "manifest.json"
BATCH_STEP = "free_batch"  # graph/batch.py

# Rewrites after which the answers differ by the order of float32 sums only (1e-5 of the greatest
# output), like those of two CPUs: a gallery is not enrolled anew for them.
EXACT_REWRITES = frozenset({"flush_tiny_weights", "fit_channels", "fold_weights", "merge_siblings"})
REWRITES_VERSION = 1  # raise it when a rewrite changes what a prepared model computes


@dataclass(frozen=True)
class Recipe:
    """How a variant is made. A variant is used again only while its whole recipe stays.

    ``steps`` are the rewrites' names in order, ``calibration`` the digest of the ranges
    where there is an int8 step, else "".
    """

    original: str
    original_sha256: str
    steps: tuple[str, ...]
    version: int
    calibration: str = ""
    onnxruntime: str = field(default=onnxruntime.__version__)

    @property
    def file(self) -> str:
        """The variant's file name."""
        precision = "int8" if self.calibration else "float32"
        batch = ".batch" if BATCH_STEP in self.steps else ""
        return f"{Path(self.original).stem}.{precision}{batch}.onnx"

    def as_record(self) -> dict[str, object]:
        """Return the recipe as JSON gives it back."""
        return {**asdict(self), "steps": list(self.steps)}


def read_variant(folder: Path, recipe: Recipe) -> bytes | None:
    """Return the variant that was made by this recipe, None when there is none. Raises PackError
    when the file is not the one that was checked, or the model was found to have no such variant.
    """
    record = records_of(folder).get(recipe.file)
    if record is None or record.get("recipe") != recipe.as_record():
        return None
    if "refused" in record:
        raise PackError(str(record["refused"]))
    return read_verified(folder / recipe.file, str(record.get("sha256")))


def records_of(folder: Path) -> dict[str, dict[str, object]]:
    """Return what the folder's manifest says of each file; nothing when it is missing or broken."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        document = json.loads((folder / RECORDS).read_text(encoding="utf-8"))
        return {name: dict(record) for name, record in document["variants"].items()}
    return {}
