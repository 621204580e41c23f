"""What int8 gains: milliseconds of each model in both precisions, in turns in one process.

YuNet has no int8 form; it is quantised here, in the two ways that were tried, to see what one would
gain. Times are the computing thread's processor time; read the ratios.

    python -m benchmarks.studies.int8_speed [--turns N]
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray

from benchmarks.speed.report import machine
from facesvc.engine.config import EngineConfig
from facesvc.engine.providers import CPU, session_options
from facesvc.models.load import load_pack
from facesvc.models.manifest import Meaning, ModelFile
from facesvc.models.pack import Pack
from facesvc.models_build.graph.calibration_inputs import MEAN, SPREAD, calibration_blobs
from facesvc.models_build.graph.clipped_ranges import measure_clipped
from facesvc.models_build.graph.int8 import quantise_int8
from facesvc.models_build.photos import group_photo, read_photo

PHOTO_SIDES = ((640, 544), (256, 256))  # of a detector's input: a photo, one face placed again


def forms_of(pack: Pack, spec: ModelFile) -> dict[str, bytes]:
    """Return the model in float32 and in int8, by name."""
    forms = {"float32": pack.model_bytes(spec)}
    if pack.runs_in_int8(spec):
        forms["int8"] = pack.int8_bytes(spec)
    elif spec.output is Meaning.YUNET:
        exact = onnx.load_model_from_string(forms["float32"])
        blobs = calibration_blobs([read_photo(group_photo())], 8, 640)
        ranges = measure_clipped(exact, (b[:, ::-1] * SPREAD + MEAN for b in blobs), moves=True)
        for kept in (0, 4):
            rough = quantise_int8(exact, ranges, exact=kept, moves=True)
            forms[f"int8, first {max(kept, 1)} exact"] = rough.SerializeToString()
    return forms


def blobs_of(spec: ModelFile) -> list[NDArray[np.float32]]:
    """Return the group photo in the model's sizes."""
    side = spec.input_size or 0
    photo = read_photo(group_photo())
    sizes = ((side, side),) if side else PHOTO_SIDES
    return [
        np.ascontiguousarray(
            cv2.resize(photo, size).transpose(2, 0, 1)[np.newaxis], dtype=np.float32
        )
        for size in sizes
    ]


def race(forms: dict[str, bytes], blob: NDArray[np.float32], turns: int) -> dict[str, list[float]]:
    """Return each form's milliseconds."""
    config = session_options(EngineConfig())
    sessions = {n: ort.InferenceSession(d, config, providers=[CPU]) for n, d in forms.items()}
    times: dict[str, list[float]] = {name: [] for name in forms}
    for _ in range(turns):
        for name, session in sessions.items():
            began = time.thread_time()
            session.run(None, {session.get_inputs()[0].name: blob})
            times[name].append((time.thread_time() - began) * 1000)
    return times


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=25)
    parser.add_argument("--model-root", type=Path, default=Path("models"))
    arguments = parser.parse_args()
    print(f"{machine()}.\n\n| model | input | form | ms | of float32 |\n|---|---|---|---|---|")
    done: set[str] = set()
    for name in ("open", "compact"):
        pack = load_pack(name, arguments.model_root)
        for spec in pack.manifest.models:
            forms = forms_of(pack, spec)
            if spec.file in done or len(forms) < 2:
                continue
            done.add(spec.file)
            for blob in blobs_of(spec):
                times = race(forms, blob, arguments.turns)
                for form, found in times.items():
                    each = zip(found, times["float32"], strict=True)
                    ratio = statistics.median(one / exact for one, exact in each)
                    size = "x".join(str(side) for side in blob.shape[:1:-1])
                    ms = statistics.median(found)
                    print(f"| {spec.file} | {size} | {form} | {ms:.1f} | {ratio:.2f} |", flush=True)


if __name__ == "__main__":
    main()
