"""Prepared variants beside the originals: made once, checked when made, pinned from then on.

``prepared/manifest.json`` in the pack's folder says of each what was done to which original
and how far its answers were from the original's on a real photo.
"""

from __future__ import annotations

import contextlib
import json
import logging
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import onnxruntime

from facesvc.models.checksum import read_verified, sha256_of
from facesvc.models.errors import PackError

LOGGER = logging.getLogger(__name__)
FOLDER = "prepared"
RECORDS = "manifest.json"
BATCH_STEP = "free_batch"  # graph/batch.py

# Rewrites after which the answers differ by the order of float32 sums only (1e-5 of the greatest
# output), like those of two CPUs: a gallery is not enrolled anew for them.
EXACT_REWRITES = frozenset({"flush_tiny_weights", "fit_channels", "merge_siblings"})
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


@dataclass(frozen=True)
class Made:
    """A new variant: its bytes and what was measured between it and its original."""

    data: bytes
    difference: Mapping[str, float]


def variant(pack_folder: Path, recipe: Recipe, make: Callable[[], Made]) -> bytes:
    """Return the variant, from the folder when it lies there unchanged, else made and kept.

    A folder that cannot be written costs the making at every start, nothing else. Raises
    PackError when a variant on disk is not the one that was checked.
    """
    folder = pack_folder / FOLDER
    record = _records(folder).get(recipe.file)
    wanted = json.loads(json.dumps(asdict(recipe)))
    if record is not None and record.get("recipe") == wanted:
        return read_verified(folder / recipe.file, str(record.get("sha256")))
    made = make()
    try:
        _keep(folder, recipe.file, made, wanted)
    except OSError as error:
        LOGGER.warning("%s cannot be written (%s): prepared in memory", folder, error.strerror)
    return made.data


def _records(folder: Path) -> dict[str, dict[str, object]]:
    """Return what the manifest says; nothing when it is missing or broken."""
    with contextlib.suppress(OSError, ValueError):
        document = json.loads((folder / RECORDS).read_text(encoding="utf-8"))
        return {name: dict(record) for name, record in document["variants"].items()}
    return {}


def _keep(folder: Path, file: str, made: Made, recipe: object) -> None:
    """Write the variant, then the manifest that names it; each appears whole or not at all."""
    folder.mkdir(exist_ok=True)
    _write(folder / file, made.data)
    record = {
        "recipe": recipe,
        "sha256": sha256_of(made.data),
        "bytes": len(made.data),
        "difference": dict(made.difference),
    }
    records = {**_records(folder), file: record}
    text = json.dumps({"variants": records}, indent=2, sort_keys=True) + "\n"
    _write(folder / RECORDS, text.encode())


def _write(path: Path, data: bytes) -> None:
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as partial:
        partial.write(data)
    try:
        Path(partial.name).chmod(0o644)
        Path(partial.name).replace(path)
    except OSError:
        Path(partial.name).unlink(missing_ok=True)
        raise


def refuse_unless(name: str, difference: Mapping[str, float], limits: Mapping[str, float]) -> None:
    """Raise PackError when a measured difference is above its limit."""
    for what, limit in limits.items():
        if not difference[what] <= limit:
            raise PackError(
                f"{name}: prepared, its {what} differs by {difference[what]:.3g}, more than "
                f"{limit:.3g}: it is not used."
            )
