"""Prints how the quality's curves look and what they give for the sample photos, also blurred,
turned and shrunk: the tables of docs/quality.md.

``python -m benchmarks quality``
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from facesvc.domain.faces import Pose
from facesvc.domain.photo import Photo
from facesvc.domain.quality import Quality
from facesvc.domain.quality_score import (
    pose_score,
    sharpness_score,
    size_score,
)
from facesvc.engine.config import EngineConfig
from facesvc.engine.engine import OnnxFaceEngine, build_engine
from facesvc.models.load import load_pack

ROOT = Path(__file__).resolve().parent.parent

Pixels = NDArray[np.uint8]
PHOTO = ROOT / "data" / "samples" / "emmanuel_macron" / "2.jpg"


def blurred(pixels: Pixels, sigma: float) -> Pixels:
    """Blur by a Gaussian of that standard deviation in pixels."""
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma), np.uint8) if sigma else pixels


def turned(pixels: Pixels, angle_deg: float) -> Pixels:
    """Turn clockwise about the middle."""
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -angle_deg, 1.0)
    return np.asarray(cv2.warpAffine(pixels, matrix, (width, height)), np.uint8)


def shrunk(pixels: Pixels, factor: float) -> Pixels:
    """Shrink both sides by the factor."""
    small = cv2.resize(pixels, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


DEGRADATIONS: dict[str, tuple[Callable[[Pixels, float], Pixels], tuple[float, ...]]] = {
    "blur sigma px": (blurred, (0, 1, 2, 4, 8)),
    "turned deg": (turned, (0, 10, 20, 30, 45)),
    "shrunk by": (shrunk, (1, 2, 4, 8)),
}


def main() -> None:
    """Print the tables."""
    print(*curves(), sep="\n")
    engine = build_engine(load_pack("compact", ROOT / "models"), EngineConfig())
    print("\n| photo | score | confidence | blur | yaw, pitch, roll | face_size | frontal |")
    print("|---|---|---|---|---|---|---|")
    for path in sorted((ROOT / "data" / "samples").glob("*/*.jpg")):
        print(row(f"{path.parent.name}/{path.name}", *best(engine, read(path))))
    for name, (degrade, amounts) in DEGRADATIONS.items():
        for amount in amounts:
            print(row(f"{name} {amount}", *best(engine, degrade(read(PHOTO), amount))))


def curves() -> Iterator[str]:
    """Yield the curves' values, a line each."""
    yield "| yaw deg | 0 | 15 | 30 | 45 | 60 | 90 |\n|---|---|---|---|---|---|---|"
    yield line("pose", (pose_score(Pose(angle, 0, 0)) for angle in (0, 15, 30, 45, 60, 90)))
    yield "\n| Laplacian variance | 0 | 25 | 50 | 100 | 200 | 400 | 1600 |"
    yield "|---|---|---|---|---|---|---|---|"
    yield line("sharpness", map(sharpness_score, (0, 25, 50, 100, 200, 400, 1600)))
    yield "\n| side of the box px | 0 | 28 | 56 | 84 | 112 | 400 |\n|---|---|---|---|---|---|---|"
    yield line("size", (size_score(side**2) for side in (0, 28, 56, 84, 112, 400)))


def line(name: str, values: Iterator[float]) -> str:
    """Return one row of numbers."""
    return f"| {name} | " + " | ".join(f"{value:.2f}" for value in values) + " |"


def read(path: Path) -> Pixels:
    """Return the photo's pixels, BGR."""
    return np.asarray(cv2.imread(str(path)), np.uint8)


def best(engine: OnnxFaceEngine, pixels: Pixels) -> tuple[Quality | None, float]:
    """Return the most confident face's quality and its confidence."""
    photo = Photo.from_pixels(pixels)
    faces = engine.detect(photo)
    return (engine.assess_quality(photo, faces[0]), faces[0].confidence) if faces else (None, 0.0)


def row(name: str, quality: Quality | None, confidence: float) -> str:
    """Return one row of the photos' table."""
    if quality is None:
        return f"| {name} | no face | | | | | |"
    angles = f"{quality.pose_yaw:.0f}, {quality.pose_pitch:.0f}, {quality.pose_roll:.0f}"
    return (
        f"| {name} | {quality.score:.2f} | {confidence:.2f} | {quality.blur:.2f} | {angles} | "
        f"{quality.face_size} | {'yes' if quality.is_frontal else 'no'} |"
    )


if __name__ == "__main__":
    main()
