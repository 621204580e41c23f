"""What int8 does to pose and quality, on the largest face in the middle of each photo.

Exits with 1 when int8 may not be the default: yaw or pitch more than a degree away on average.

    python -m benchmarks.studies.int8_pose PHOTOS [--every N]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from benchmarks.speed.report import machine
from benchmarks.studies.faces import central, photos_of
from facesvc.domain.photo import Photo
from facesvc.domain.quality import Quality
from facesvc.engine.config import EngineConfig, Precision
from facesvc.engine.engine import OnnxFaceEngine, build_engine
from facesvc.models.load import load_pack

MAX_MEAN_DEG = 1.0
Pair = tuple[Quality, Quality]


def qualities(engines: Sequence[OnnxFaceEngine], photos: Sequence[Path]) -> Iterator[Pair]:
    """Yield the quality of each photo's face by both engines, found by the first."""
    for path in photos:
        photo = Photo.from_pixels(np.asarray(cv2.imread(str(path)), np.uint8))
        faces = engines[0].detect(photo)
        if faces:
            boxes = np.array([[f.box.x1, f.box.y1, f.box.x2, f.box.y2] for f in faces])
            face = faces[central(boxes, photo.width, photo.height)]
            first, second = (engine.assess_quality(photo, face) for engine in engines)
            yield first, second


def main() -> int:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--every", type=int, default=1, help="look at every n-th photo only")
    parser.add_argument("--model-root", type=Path, default=Path("models"))
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    pack, config = load_pack("open", arguments.model_root), EngineConfig()
    engines = [build_engine(pack, replace(config, precision=one)) for one in Precision]
    pairs = list(qualities(engines, photos_of(arguments.photos)[:: arguments.every]))
    print(f"{machine()}. {len(pairs)} faces.\n")
    print("| difference of int8 to float32 | mean | 99 % below | most |\n|---|---|---|---|")
    values = {
        "yaw, degrees": [abs(a.pose_yaw - b.pose_yaw) for a, b in pairs],
        "pitch, degrees": [abs(a.pose_pitch - b.pose_pitch) for a, b in pairs],
        "quality's score": [abs(a.score - b.score) for a, b in pairs],
    }
    for name, found in values.items():
        print(
            f"| {name} | {np.mean(found):.3f} | {np.quantile(found, 0.99):.3f} | {max(found):.3f} |"
        )
    flipped = sum(a.is_frontal != b.is_frontal for a, b in pairs)
    print(f"\nAnother is_frontal: {flipped} of {len(pairs)}.")
    angles = [values[name] for name in ("yaw, degrees", "pitch, degrees")]
    return 0 if max(float(np.mean(found)) for found in angles) <= MAX_MEAN_DEG else 1


if __name__ == "__main__":
    sys.exit(main())
