"""Measures liveness checks on labelled photos: APCER for each kind of attack, and BPCER.

``python -m benchmarks liveness --real SET=FOLDER... --attack KIND=FOLDER... [--pack NAME]``

APCER is the share of attacks taken for real, BPCER the share of real faces refused (ISO/IEC
30107-3). Folders are searched with their subfolders; a file may stand in a folder's place.
The best face of a photo counts, as in the service; photos without a face are counted apart.
The bounds are the 95 % Wilson score interval.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from statistics import NormalDist

import cv2
import numpy as np

from facesvc.domain.liveness import Liveness
from facesvc.domain.photo import Photo
from facesvc.engine.config import EngineConfig
from facesvc.engine.engine import OnnxFaceEngine, build_engine
from facesvc.engine.liveness import HEURISTICS_THRESHOLD, heuristics_confidence
from facesvc.models.load import load_pack

ROOT = Path(__file__).resolve().parent.parent

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
Z_95 = NormalDist().inv_cdf(0.975)


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--real", action="append", default=[], metavar="SET=FOLDER")
    parser.add_argument("--attack", action="append", default=[], metavar="KIND=FOLDER")
    parser.add_argument("--pack", default="compact")
    parser.add_argument("--model-root", type=Path, default=ROOT / "models")
    arguments = parser.parse_args()
    engine = build_engine(load_pack(arguments.pack, arguments.model_root), EngineConfig())
    print(f"pack {arguments.pack}\n")
    print("| decided by | figure | of | wrong | n | rate | 95 % bounds | no face |")
    print("|---|---|---|---|---|---|---|---|")
    for name, places in by_label(arguments.real).items():
        report(engine, "BPCER", name, places, is_error=lambda live: not live)
    for kind, places in by_label(arguments.attack).items():
        report(engine, "APCER", kind, places, is_error=lambda live: live)


def by_label(items: Iterable[str]) -> dict[str, list[Path]]:
    """Return the places of each label of LABEL=PLACE."""
    found: dict[str, list[Path]] = {}
    for item in items:
        label, _, place = item.partition("=")
        found.setdefault(label, []).append(Path(place))
    return found


def report(
    engine: OnnxFaceEngine,
    figure: str,
    kind: str,
    places: Iterable[Path],
    is_error: Callable[[bool], bool],
) -> None:
    """Print the figure for the model and for the heuristics alone."""
    found = [check(engine, path) for path in photos(places)]
    outcomes = [outcome for outcome in found if outcome is not None]
    if not outcomes:
        return
    decisions: Mapping[str, list[bool]] = {
        outcomes[0].method: [outcome.is_live for outcome in outcomes],
        "heuristics": [heuristics_alone(outcome) for outcome in outcomes],
    }
    for method, answers in decisions.items():
        wrong, n = sum(map(is_error, answers)), len(answers)
        low, high = wilson(wrong, n)
        bounds = f"{100 * low:.1f} to {100 * high:.1f} %"
        missed = len(found) - n
        rate = f"{100 * wrong / n:.1f} %"
        print(f"| {method} | {figure} | {kind} | {wrong} | {n} | {rate} | {bounds} | {missed} |")


def photos(places: Iterable[Path]) -> list[Path]:
    """Return every photo below the places, sorted."""
    found = [
        path
        for place in places
        for path in (place.rglob("*") if place.is_dir() else [place])
        if path.suffix.lower() in SUFFIXES
    ]
    return sorted(found)


def check(engine: OnnxFaceEngine, path: Path) -> Liveness | None:
    """Return the outcome for the best face, None when there is no face."""
    photo = Photo.from_pixels(np.asarray(cv2.imread(str(path)), np.uint8))
    faces = engine.detect(photo)
    if not faces:
        return None
    best = max(faces, key=lambda face: engine.assess_quality(photo, face).score)
    return engine.check_liveness(photo, best)


def heuristics_alone(outcome: Liveness) -> bool:
    """Return what the five heuristics would have decided without a model."""
    checks = {name: score for name, score in outcome.checks.items() if name != "model"}
    return heuristics_confidence(checks) >= HEURISTICS_THRESHOLD


def wilson(hits: int, n: int) -> tuple[float, float]:
    """Return the 95 % Wilson score interval of a share (Wilson 1927)."""
    share, z2 = hits / n, Z_95**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z_95 / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)


if __name__ == "__main__":
    main()
