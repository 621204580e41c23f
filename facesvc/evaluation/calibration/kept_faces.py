"""Faces as they were observed, and the files that keep them, so that an interrupted run goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_DONE, _MADE_OF = "looked_at", "made_of"


@dataclass(frozen=True)
class Faces:
    """One face of each of n photos: ``path`` (n,), ``embedding`` float32 (n, 512), ``lengths``
    float64 (n, recognizers), ``confidence``, ``box`` float64 (n, 4) in pixels, ``blur``,
    ``brightness``, ``overexposed`` and ``eye_contrast``, float64 (n,).
    """

    path: NDArray[np.str_]
    embedding: NDArray[np.float32]
    lengths: NDArray[np.float64]
    confidence: NDArray[np.float64]
    box: NDArray[np.float64]
    blur: NDArray[np.float64]
    brightness: NDArray[np.float64]
    overexposed: NDArray[np.float64]
    eye_contrast: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.path)

    @property
    def width(self) -> NDArray[np.float64]:
        """The boxes' widths in pixels, float64 (n,)."""
        return np.asarray(self.box[:, 2] - self.box[:, 0], np.float64)

    def select(self, keep: NDArray[Any]) -> Faces:
        """Return those that are kept: a mask, or rows in their new order."""
        return Faces(*(getattr(self, field.name)[keep] for field in fields(Faces)))

    def joined(self, more: Faces) -> Faces:
        """Return these and then the others; without any of these, the others."""
        if not len(self):
            return more
        both = ((getattr(self, each.name), getattr(more, each.name)) for each in fields(Faces))
        return Faces(*map(np.concatenate, both))

    def of(self, paths: Sequence[str]) -> Faces:
        """Return those of the photos, in their order."""
        row = {path: number for number, path in enumerate(self.path.tolist())}
        rows = [row[path] for path in paths if path in row]
        return self.select(np.array(rows, np.int64))


def faces_of(rows: Sequence[Sequence[Any]]) -> Faces:
    """Return the faces of rows with the fields' values, in their order."""
    columns = list(zip(*rows, strict=True)) if rows else [() for _ in fields(Faces)]
    if not rows:
        columns[4] = np.zeros((0, 4))  # type: ignore[call-overload]
    return Faces(*map(np.array, columns))


@dataclass(frozen=True)
class Kept:
    """A file of observations. ``made_of`` says what they depend on beside the photos: a file of
    something else is not read, and written anew.
    """

    file: Path
    made_of: str

    def read(self) -> tuple[set[str], Faces]:
        """Return the photos that were looked at, and the faces found in them."""
        if self.file.exists():
            with np.load(self.file) as arrays:
                if str(arrays.get(_MADE_OF)) == self.made_of:
                    return set(arrays[_DONE].tolist()), _faces(arrays)
        return set(), faces_of([])

    def write(self, done: set[str], faces: Faces) -> None:
        """Write them so that whoever interrupts this leaves the file as it was."""
        values = {field.name: getattr(faces, field.name) for field in fields(Faces)}
        values |= {_DONE: np.array(sorted(done), np.str_), _MADE_OF: np.array(self.made_of)}
        unfinished = self.file.with_suffix(".unfinished.npz")
        np.savez(unfinished, **values)
        unfinished.replace(self.file)


def read_faces(file: Path) -> Faces:
    """Return the faces that a calibration kept, whatever they were made of."""
    with np.load(file) as arrays:
        return _faces(arrays)


def _faces(arrays: Any) -> Faces:
    return Faces(**{field.name: arrays[field.name] for field in fields(Faces)})
