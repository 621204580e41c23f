"""What each stage of the built-in packs costs, in processor time of the computing thread.

Wall time on a machine that others use says little; the thread's own processor time leaves out the
waiting, though not the caches that others empty. Packs take turns.

    python -m benchmarks.studies.cost [--turns N]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from facesvc.domain.photo import Photo
from facesvc.engine.config import EngineConfig, Precision
from facesvc.engine.engine import OnnxFaceEngine, build_engine
from facesvc.models.load import load_pack
from facesvc.models.pack import Pack

PACKS = ("compact-single", "open", "compact")
ROOT = Path(__file__).resolve().parents[2]
PHOTOS = ("barack_obama/1.jpg", "joe_biden/1.jpg", "emmanuel_macron/1.jpg", "group.jpg")


def main() -> None:
    """Print a row a photo and pack."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=12)
    turns = parser.parse_args().turns
    engines = {name: _engine(load_pack(name, ROOT / "models")) for name in PACKS}
    print("| photo | pack | faces found, landmarks placed | quality of each | embedding | all |")
    print("|---|---|---|---|---|---|")
    for name in PHOTOS:
        photo = Photo.from_pixels(
            np.asarray(cv2.imread(str(ROOT / "data" / "samples" / name)), np.uint8)
        )
        times: dict[str, list[list[float]]] = {pack: [] for pack in PACKS}
        for _ in range(turns):
            for pack, engine in engines.items():
                times[pack].append(_stages(engine, photo))
        for pack, rows in times.items():
            stages = [statistics.median(stage) for stage in zip(*rows, strict=True)]
            shown = " | ".join(f"{ms:.1f}" for ms in (*stages, sum(stages)))
            print(f"| {name} | {pack} | {shown} |", flush=True)


def _engine(pack: Pack) -> OnnxFaceEngine:
    precision = Precision.INT8 if pack.has_evaluated_int8() else Precision.FLOAT32
    return build_engine(pack, EngineConfig(precision=precision))


def _stages(engine: OnnxFaceEngine, photo: Photo) -> list[float]:
    """Return the ms of detecting, judging every face and embedding one."""
    faces = []

    def detect() -> None:
        faces.extend(engine.detect(photo))

    def judge() -> None:
        for face in faces:
            engine.assess_quality(photo, face)

    stages: tuple[Callable[[], object], ...] = (
        detect,
        judge,
        lambda: engine.embed(photo, faces[0]),
    )
    return [_cpu_ms(stage) for stage in stages]


def _cpu_ms(call: Callable[[], object]) -> float:
    began = time.thread_time()
    call()
    return (time.thread_time() - began) * 1000


if __name__ == "__main__":
    main()
