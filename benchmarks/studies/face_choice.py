"""Whether the best of several faces is the same one when not all of them are measured exactly.

Takes a folder of photos. Each with several faces is judged twice: as the service does it, and with
the landmarks of every face placed again. Says how often another face is chosen, for how much
roughness, and how many faces are looked at again.

    python -m benchmarks.studies.face_choice PHOTOS [--pack NAME]
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.studies.faces import photos_of
from facesvc.domain.face_selection import Frame, best, measure_contenders
from facesvc.domain.faces import DetectedFace
from facesvc.domain.photo import Photo
from facesvc.domain.quality import Quality
from facesvc.domain.quality_score import highest_score
from facesvc.engine.config import EngineConfig, Precision
from facesvc.engine.engine import ROUGHNESS, OnnxFaceEngine, build_engine
from facesvc.models.load import load_pack

ROUGHNESSES = (0.0, 0.005, 0.01, 0.015, ROUGHNESS, 0.03, 0.05)


@dataclass(frozen=True)
class Several:
    """The faces of one photo, with rough and exact qualities."""

    faces: Sequence[DetectedFace]
    frame: Frame
    rough: list[Quality]
    exact: list[Quality]

    def choose(self, roughness: float) -> tuple[bool, int, int]:
        """Return whether the chosen face is the same, how many were measured and how many of
        them exactly.
        """
        measured, exactly = set[int](), set[int]()

        def measure(index: int, is_exact: bool) -> Quality:
            (exactly if is_exact else measured).add(index)
            return (self.exact if is_exact else self.rough)[index]

        highest = [highest_score(face.confidence, face.box.area) for face in self.faces]
        boxes = [face.box for face in self.faces]
        chosen = best(measure_contenders(highest, measure, roughness), boxes, self.frame)
        same = chosen == best(self.exact, boxes, self.frame)
        return same, len(measured), len(exactly | {chosen})


def groups(engine: OnnxFaceEngine, folder: Path) -> Iterator[Several]:
    """Yield every photo with several faces."""
    for path in photos_of(folder):
        photo = Photo.from_pixels(np.asarray(cv2.imread(str(path)), np.uint8))
        faces = engine.detect(photo)
        if len(faces) > 1:
            rough = [engine.assess_roughly(photo, face) for face in faces]
            exact = [engine.assess_quality(photo, face) for face in faces]
            yield Several(faces, Frame(photo.width, photo.height), rough, exact)


def main() -> None:
    """Print a row for each roughness."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--pack", default="open")
    parser.add_argument("--model-root", type=Path, default=Path("models"))
    arguments = parser.parse_args()
    pack = load_pack(arguments.pack, arguments.model_root)
    precision = Precision.INT8 if pack.has_evaluated_int8() else Precision.FLOAT32
    several = list(groups(build_engine(pack, EngineConfig(precision=precision)), arguments.photos))
    faces = sum(len(photo.faces) for photo in several)
    pairs = [pair for photo in several for pair in zip(photo.rough, photo.exact, strict=True)]
    off = np.quantile([abs(rough.score - exact.score) for rough, exact in pairs], (0.5, 0.9, 0.99))
    print(f"{len(several)} photos, {faces} faces; rough scores are off by {off.round(3)}")
    print("| roughness | another face | faces measured | landmarks placed again |")
    print("|---|---|---|---|")
    for roughness in ROUGHNESSES:
        same, measured, exactly = zip(*(photo.choose(roughness) for photo in several), strict=True)
        shares = " | ".join(f"{sum(counts) / faces:.2f}" for counts in (measured, exactly))
        print(f"| {roughness} | {len(several) - sum(same)} | {shares} |", flush=True)


if __name__ == "__main__":
    main()
