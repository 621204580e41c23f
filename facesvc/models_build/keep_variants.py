"""Prepared variants: made once, checked when made, pinned from then on.

``manifest.json`` in their folder says of each what was done to which original and how far its
answers were from the original's on a real photo, or why the model has no such variant.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from facesvc.models.checksum import sha256_of
from facesvc.models.pack_errors import PackError
from facesvc.models.prepared_files import RECORDS, Recipe, read_variant, records_of


@dataclass(frozen=True)
class Made:
    """A new variant: its bytes and what was measured between it and its original."""

    data: bytes
    difference: Mapping[str, float]


def variant(folder: Path, recipe: Recipe, make: Callable[[], Made]) -> bytes:
    """Return the variant, from the folder when it lies there unchanged, else made and kept.

    Raises PackError when a variant on disk is not the one that was checked, when it cannot be
    made, and when the folder cannot be written.
    """
    found = read_variant(folder, recipe)
    if found is not None:
        return found
    made = make()
    record = {
        "recipe": recipe.as_record(),
        "sha256": sha256_of(made.data),
        "bytes": len(made.data),
        "difference": dict(made.difference),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / recipe.file, made.data)
        _note(folder, recipe.file, record)
    except OSError as error:
        raise PackError(f"{folder} cannot be written: {error.strerror}.") from error
    return made.data


def refuse(folder: Path, recipe: Recipe, reason: str) -> None:
    """Note that the model has no such variant, so that nobody tries again. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    _note(folder, recipe.file, {"recipe": recipe.as_record(), "refused": reason})


def refuse_unless(name: str, difference: Mapping[str, float], limits: Mapping[str, float]) -> None:
    """Raise PackError when a measured difference is above its limit."""
    for what, limit in limits.items():
        if not difference[what] <= limit:
            raise PackError(
                f"{name}: prepared, its {what} differs by {difference[what]:.3g}, more than "
                f"{limit:.3g}: it is not used."
            )


def _note(folder: Path, file: str, record: Mapping[str, object]) -> None:
    records = {**records_of(folder), file: record}
    text = json.dumps({"variants": records}, indent=2, sort_keys=True) + "\n"
    _write(folder / RECORDS, text.encode())


def _write(path: Path, data: bytes) -> None:
    """The file appears whole or not at all."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as partial:
        partial.write(data)
    try:
        Path(partial.name).chmod(0o644)
        Path(partial.name).replace(path)
    except OSError:
        Path(partial.name).unlink(missing_ok=True)
        raise
