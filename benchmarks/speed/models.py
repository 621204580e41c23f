"""What each rewrite of a prepared model gains: ``python -m benchmarks.speed.models``.

Every model of the built-in packs as it is published and after each of its steps, in turns, one
thread, on pixels of InsightFace's group photo.
"""

from __future__ import annotations

import statistics
import sys
import time
from typing import Any

import cv2
import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray

from benchmarks.speed.part import Part, run_part
from benchmarks.speed.photos import ROOT
from benchmarks.speed.report import machine
from facesvc.engine.config import EngineConfig
from facesvc.engine.providers import CPU, session_options
from facesvc.models.load import load_pack
from facesvc.models.manifest import ModelFile
from facesvc.models.pack import INT8_STEP, Pack
from facesvc.models_build.photos import group_photo, read_photo
from facesvc.models_build.rewrites import FOLD_STEP, REWRITES

DETECTION_SIZE = 640
LARGEST_REPEATS = 40


def measure(part: Part) -> str:
    """Return the page."""
    packs = {name: load_pack(name, ROOT / "models") for name in ("open", "compact")}
    files = {spec.file: (pack, spec) for pack in packs.values() for spec in pack.manifest.models}
    rows = [
        row
        for pack, spec in files.values()
        if spec.prepare
        for row in _rows(pack, spec, min(part.items, LARGEST_REPEATS))
    ]
    return PAGE.format(machine=machine(), table="\n".join(rows))


def _rows(pack: Pack, spec: ModelFile, repeats: int) -> list[str]:
    forms = _forms(pack, spec)
    sessions = {name: _open(data) for name, data in forms.items()}
    blobs = _blobs(spec)
    times: dict[str, list[float]] = {name: [] for name in forms}
    answers: dict[str, list[Any]] = {}
    for number in range(repeats + 1):
        for name, session in sessions.items():
            feed = {session.get_inputs()[0].name: blobs[number % len(blobs)]}
            began = time.perf_counter()
            answer = session.run(None, feed)
            if number:  # the first run of each makes its memory
                times[name].append((time.perf_counter() - began) * 1000)
            else:
                answers[name] = answer
    original = answers["as published"]
    return [
        f"| {spec.file if name == 'as published' else ''} | {name} | "
        f"{statistics.median(times[name]):.2f} | {_difference(original, answers[name], name)} |"
        for name in forms
    ]


def _forms(pack: Pack, spec: ModelFile) -> dict[str, bytes]:
    """Return the model after each step, by the step's name."""
    model = onnx.load_model_from_string(pack.original_bytes(spec))
    steps = list(spec.prepare)
    if steps[0] == FOLD_STEP:  # ONNX Runtime cannot run it before
        model = REWRITES[steps.pop(0)](model)
    forms = {"as published": model.SerializeToString()}
    for step in steps:
        model = REWRITES[step](model)
        forms[f"+ {step}"] = model.SerializeToString()
    if pack.runs_in_int8(spec):
        forms[f"+ {INT8_STEP}"] = pack.int8_bytes(spec)
    return forms


def _open(data: bytes) -> ort.InferenceSession:
    return ort.InferenceSession(data, session_options(EngineConfig()), providers=[CPU])


def _blobs(spec: ModelFile) -> list[NDArray[np.float32]]:
    """Return the group photo's six parts in the model's size and range."""
    photo = read_photo(group_photo())
    side = spec.input_size or DETECTION_SIZE
    height, width = photo.shape[0] // 2, photo.shape[1] // 3
    tiles = [
        cv2.resize(photo[y : y + height, x : x + width], (side, side)).astype(np.float32)
        for y in (0, height)
        for x in (0, width, 2 * width)
    ]
    mean, std = np.array(spec.mean, np.float32), np.array(spec.std, np.float32)
    return [np.ascontiguousarray(((t - mean) / std).transpose(2, 0, 1)[None]) for t in tiles]


def _difference(original: list[Any], answer: list[Any], name: str) -> str:
    if INT8_STEP in name:
        return "[precision](../precision.md)"
    worst = max(
        float(np.abs(one - two).max() / max(float(np.abs(one).max()), 1e-6))
        for one, two in zip(original, answer, strict=True)
    )
    return f"{worst:.0e}" if worst else "0"


PAGE = """\
# Prepared models

Written by `python -m benchmarks.speed.models`. {machine}.

One thread, medians, all forms of a model in turns. The difference is the greatest of any output \
to the model as published, as a part of the greatest output.

| model | form | ms | difference |
|---|---|---|---|
{table}

Tiny weights are what training leaves of channels that it gave up. Their products are denormal \
numbers, with which some CPUs are many times slower: the same file may take five times as long \
on one machine as on another. A detector's canvas is {size} x {size} here; it is smaller for \
photos that are not square.
""".replace("{size}", str(DETECTION_SIZE))


def main(arguments: list[str]) -> None:
    """Run the command line."""
    run_part("models", __doc__, measure, arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
