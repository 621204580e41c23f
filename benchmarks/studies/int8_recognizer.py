"""What int8 does to the joined recognizer, on the same aligned crops of labelled photos.

Takes a folder with a folder of photos for each person, such as half of Labeled Faces in the Wild.
Exits with 1 when int8 may not be the default: a TAR more than 0.1 points lower.

    python -m benchmarks.studies.int8_recognizer PHOTOS [--same FILE] [--cache FOLDER]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.speed.report import machine
from benchmarks.studies.faces import central_faces, detector_of
from benchmarks.studies.rates import Rates, measure
from benchmarks.studies.recognizers import joined, lengths, projection
from facesvc.domain.faces import BoundingBox
from facesvc.domain.recognizability import RecognizabilityCurve
from facesvc.engine.config import EngineConfig, Precision
from facesvc.engine.recognition import JoinedFeatures
from facesvc.engine.sessions import open_model
from facesvc.evaluation.calibration.degradations import DEGRADATIONS
from facesvc.models.builtin import OPEN
from facesvc.models.manifest import Role
from facesvc.models.pack import Pack

MAX_TAR_LOSS = 0.001
DEGRADED = 150  # crops, of each way to spoil them
FACE = BoundingBox(16.0, 6.0, 96.0, 106.0)  # in an aligned crop, for the degradations

Crops = NDArray[np.uint8]


@dataclass(frozen=True)
class Seen:
    """The recognizers' vectors as they came, float32 (n, 512) and (n, 128)."""

    first: NDArray[np.float32]
    second: NDArray[np.float32]

    def fused(self) -> NDArray[np.float32]:
        """Return the pack's embeddings, float32 (n, 384)."""
        short = joined(self.first, self.second, 0.3) @ projection()
        return np.asarray(short / lengths(short)[:, None], np.float32)

    def refused(self, curve: RecognizabilityCurve) -> float:
        """Return the share that is not recognizable by the lengths of the vectors."""
        rows = np.column_stack([lengths(self.first), lengths(self.second)])
        return float(np.mean([curve.value(row, 0.0) < curve.limit for row in rows]))


def crops_of(photos: Path, model_root: Path, cache: Path | None) -> tuple[NDArray[np.str_], Crops]:
    """Return people and aligned crops of the faces in the photos' middle; from the cache where
    they are there.
    """
    kept = None if cache is None else cache / "aligned.npz"
    if kept is not None and kept.exists():
        with np.load(kept) as arrays:
            return arrays["people"], arrays["crops"]
    detector, place = detector_of(OPEN, model_root)
    found = [
        (p.parent.name, v.aligned_exactly()) for p, v in central_faces(photos, detector, place)
    ]
    people, crops = np.array([name for name, _ in found]), np.stack([crop for _, crop in found])
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.savez(kept, people=people, crops=crops)
    return people, crops


def one_name(people: NDArray[np.str_], same: Path | None) -> NDArray[np.str_]:
    """Return the people with the names of one person joined."""
    names: dict[str, str] = {}
    for line in same.read_text(encoding="utf-8").splitlines() if same else ():
        first, *others = line.split() if not line.startswith("#") else ("",)
        names.update(dict.fromkeys(others, first))
    return np.array([names.get(name, name) for name in people])


def look(features: JoinedFeatures, crops: Crops, kept: Path | None = None) -> Seen:
    """Return what the recognizers see; from ``kept`` where an earlier run has written it."""
    if kept is not None and kept.exists():
        with np.load(kept) as arrays:
            return Seen(**arrays)
    rows = [features.vectors(crop) for crop in crops]
    seen = Seen(*(np.stack(column) for column in zip(*rows, strict=True)))
    if kept is not None:
        np.savez(kept, **vars(seen))
    return seen


def spoilt(crops: Crops) -> Iterator[tuple[str, Crops]]:
    """Yield the crops as they are, then each kind of degraded ones that are still crops."""
    chosen = crops[:: max(1, len(crops) // DEGRADED)][:DEGRADED]
    yield "as they are", chosen
    for name, change in DEGRADATIONS.items():
        changed = [change(crop, FACE) for crop in chosen]
        if changed[0].shape == chosen[0].shape:  # not what the photo's edge cuts off
            yield name, np.stack(changed)


def row(name: Precision, rates: Rates, cosines: NDArray[np.float32]) -> str:
    """Return a precision's line."""
    (high, at_high), (low, at_low) = rates.tar.values()
    return (
        f"| {name} | {high:.2%} ({at_high:.3f}) | {low:.2%} ({at_low:.3f}) | {rates.fnir:.2%} "
        f"| {rates.answered:.2%} | {cosines.mean():.4f} / {np.quantile(cosines, 0.01):.3f} "
        f"/ {cosines.min():.3f} |"
    )


def main() -> int:
    """Print two tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--same", type=Path, help="lines of names that are one person, by blanks")
    parser.add_argument("--model-root", type=Path, default=Path("models"))
    parser.add_argument("--cache", type=Path)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    pack = Pack(arguments.model_root / OPEN.name, OPEN)
    specs, measured = OPEN.with_role(Role.RECOGNIZER), pack.decision_calibration()
    people, crops = crops_of(arguments.photos, arguments.model_root, arguments.cache)
    labels, seen, engines, tars = one_name(people, arguments.same), {}, {}, {}
    print(f"{machine()}. {len(crops)} crops of {len(set(labels))} people.\n")
    print("| | TAR at FMR 1e-4 | 1e-5 | FNIR at FPIR 0.01 | strangers answered at 0.45 |", end="")
    print(" cosine with float32: mean / 1 % below / least |\n|---|---|---|---|---|---|")
    for precision in Precision:
        config = EngineConfig(precision=precision)
        engines[precision] = JoinedFeatures([open_model(pack, spec, config) for spec in specs])
        kept = None if arguments.cache is None else arguments.cache / f"{precision}.npz"
        seen[precision] = look(engines[precision], crops, kept)
        fused = seen[precision].fused()
        rates = measure(fused, labels)
        tars[precision] = np.array([rate for rate, _ in rates.tar.values()])
        cosines = (fused * seen[Precision.FLOAT32].fused()).sum(axis=1)
        print(row(precision, rates, cosines), flush=True)
    curve = None if measured is None else measured.crop_recognizability
    if curve is not None:
        print("\n| not recognizable by their crop alone | float32 | int8 |\n|---|---|---|")
        for name, changed in spoilt(crops):
            shares = [look(engines[one], changed).refused(curve) for one in Precision]
            print(f"| {name} | {' | '.join(f'{share:.1%}' for share in shares)} |", flush=True)
    lost = tars[Precision.FLOAT32] - tars[Precision.INT8]
    return 0 if lost.max() <= MAX_TAR_LOSS else 1


if __name__ == "__main__":
    sys.exit(main())
