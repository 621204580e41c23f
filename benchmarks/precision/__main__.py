"""Judges the fast detectors: ``python -m benchmarks.precision --labelled DIR --unlabelled DIR``.

``--labelled`` is a folder with a folder of photos for each person, ``--unlabelled`` one with any
photos below it; both may be given several times. Photos that the int8 detector was calibrated
on are left out, by their content. The reference is the float32 detector on InsightFace's square
canvas. Exits with 1 when int8 may not be the default. ``--write docs/precision.md`` publishes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from benchmarks.precision.compare import answer, compare
from benchmarks.precision.page import DEFAULT, REFERENCE, Judgement, fits, page
from benchmarks.precision.photos import Judged, Reader, copies
from benchmarks.precision.verify import verify
from facesvc.engine.config import EngineConfig, Precision, Runtime
from facesvc.engine.engine import OnnxFaceEngine, build_engine
from facesvc.models.load import load_pack

ROOT = Path(__file__).resolve().parents[2]


def open_engines(pack: str, model_root: Path, size: int) -> dict[str, OnnxFaceEngine]:
    """Return the reference, then the variants, by name."""
    reference = EngineConfig(detection_size=size, tight_canvas=False)
    float32 = replace(reference, tight_canvas=True)
    int8 = replace(float32, precision=Precision.INT8)
    configs = {
        REFERENCE: reference,
        "float32": float32,
        DEFAULT: int8,
        "int8, cascade": replace(int8, cascade=True),
    }
    if find_spec("openvino") is not None:
        configs["OpenVINO: int8, rest bfloat16"] = replace(int8, runtime=Runtime.OPENVINO)
    opened = load_pack(pack, model_root)
    return {name: build_engine(opened, config) for name, config in configs.items()}


def judge(engines: dict[str, OnnxFaceEngine], photos: Sequence[Judged]) -> list[Judgement]:
    """Return what each engine made of the photos, the reference first."""
    answers = answer(engines, photos)
    reference = (engines[REFERENCE], answers[REFERENCE])
    return [
        Judgement(
            name,
            compare(photos, reference, (engine, answers[name])),
            verify(photos, answers[name].best),
            answers[name].ms,
        )
        for name, engine in engines.items()
    ]


def main() -> int:
    """Judge, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labelled", type=Path, action="append", default=[])
    parser.add_argument("--unlabelled", type=Path, action="append", default=[])
    parser.add_argument("--model-root", type=Path, default=ROOT / "models")
    parser.add_argument("--pack", default="compact")
    parser.add_argument("--size", type=int, default=640)
    parser.add_argument("--write", type=Path, help="the page to write besides printing")
    arguments = parser.parse_args()
    reader = Reader()
    photos = [item for folder in arguments.labelled for item in reader.read(folder, labelled=True)]
    for folder in arguments.unlabelled:
        photos += reader.read(folder, labelled=False)
    if not photos:
        parser.error(
            "no photos to judge: name folders that hold others than the calibration photos"
        )
    engines = open_engines(arguments.pack, arguments.model_root, arguments.size)
    originals, harder = judge(engines, photos), judge(engines, copies(photos))
    text = page(
        originals,
        harder,
        photos,
        reader,
        arguments.pack,
        arguments.size,
        engines[REFERENCE],
    )
    print(text)
    if arguments.write:
        arguments.write.write_text(text, encoding="utf-8")
    by_name = {judgement.name: judgement for judgement in originals}
    return 0 if fits(by_name[DEFAULT], by_name[REFERENCE]) else 1


if __name__ == "__main__":
    sys.exit(main())
