"""Which faces YuNet and SCRFD find, and what they cost, on a folder of photos.

Faces are the same when their boxes overlap by 0.3 of their union. A face that only one of the
detectors finds may be a face that the other loses, or none; --write puts those photos with the box
into a folder, to be looked at.

    python -m benchmarks.studies.detectors PHOTOS [--write FOLDER]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.studies.faces import detector_of, photos_of
from facesvc.engine.config import EngineConfig, Precision
from facesvc.engine.detection import Detections
from facesvc.models.builtin import COMPACT, OPEN

SAME = 0.3
SIDES_PX = (20, 40, 80)

Box = NDArray[np.float32]


@dataclass
class Tally:
    """Faces of at least each side, and those of them that the other detector lacks."""

    found: dict[int, int] = field(default_factory=lambda: dict.fromkeys(SIDES_PX, 0))
    alone: dict[int, int] = field(default_factory=lambda: dict.fromkeys(SIDES_PX, 0))
    ms: list[float] = field(default_factory=list)

    def add(self, boxes: Box, others: Box) -> Iterator[Box]:
        """Count one photo's faces; yield those of 40 pixels that the other detector lacks."""
        for box in boxes:
            side = float(min(box[2] - box[0], box[3] - box[1]))
            is_alone = not len(others) or overlaps(box, others).max() < SAME
            for least in SIDES_PX:
                self.found[least] += side >= least
                self.alone[least] += side >= least and is_alone
            if is_alone and side >= 40:
                yield box


def overlaps(box: Box, others: Box) -> NDArray[np.float32]:
    """Return the share of the union that the box has in common with each of the others."""
    left, upper = np.maximum(others[:, :2], box[:2]).T
    right, lower = np.minimum(others[:, 2:4], box[2:4]).T
    shared = np.maximum(right - left, 0) * np.maximum(lower - upper, 0)
    areas = (others[:, 2] - others[:, 0]) * (others[:, 3] - others[:, 1])
    return np.asarray(shared / (areas + (box[2] - box[0]) * (box[3] - box[1]) - shared))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--model-root", type=Path, default=Path("models"))
    parser.add_argument("--write", type=Path)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    config = EngineConfig(precision=Precision.INT8)
    detectors = {
        "SCRFD, int8": detector_of(COMPACT, arguments.model_root, config)[0],
        "YuNet": detector_of(OPEN, arguments.model_root)[0],
    }
    tallies = {name: Tally() for name in detectors}
    photos = photos_of(arguments.photos)
    for path in photos:
        pixels = np.asarray(cv2.imread(str(path)), np.uint8)
        seen: dict[str, Detections] = {}
        for name, detector in detectors.items():
            began = time.perf_counter()
            seen[name] = detector.detect(pixels)
            tallies[name].ms.append((time.perf_counter() - began) * 1000)
        for name, other in zip(seen, reversed(seen), strict=True):
            for number, box in enumerate(tallies[name].add(seen[name][0], seen[other][0])):
                if arguments.write:
                    _write(arguments.write / f"{name} only", path, pixels, box, number)
    print(f"{len(photos)} photos. Faces of at least 20, 40 and 80 pixels, those that only this")
    print("detector finds, and milliseconds a photo (median).\n")
    print("| detector | 20 px | 40 px | 80 px | only here: 20 px | 40 px | 80 px | ms |")
    print("|---|---|---|---|---|---|---|---|")
    for name, tally in tallies.items():
        counts = [*tally.found.values(), *tally.alone.values()]
        print(f"| {name} | {' | '.join(map(str, counts))} | {np.median(tally.ms):.1f} |")


def _write(folder: Path, path: Path, pixels: NDArray[np.uint8], box: Box, number: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    drawn = pixels.copy()
    x1, y1, x2, y2 = (round(float(value)) for value in box[:4])
    cv2.rectangle(drawn, (x1, y1), (x2, y2), (0, 255, 0), 2)
    name = f"{float(box[4]):.2f} {path.parent.name} {path.stem} {number}.jpg"
    cv2.imwrite(str(folder / name), drawn)


if __name__ == "__main__":
    main()
