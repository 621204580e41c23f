"""Whether batches across calls pay, on the CPU and, where there is one, on a GPU:
``python -m benchmarks.speed.batches``.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial

from benchmarks.speed.bare import BarePipeline
from benchmarks.speed.part import Part, run_part
from benchmarks.speed.photos import ROOT, make_photos
from benchmarks.speed.report import machine
from benchmarks.speed.turns import Way, table, take_turns
from facesvc.engine.config import EngineConfig, EngineError, Precision, Runtime
from facesvc.environment import cpu_quota
from facesvc.models_build.prepare import prepare

PHOTO = "two"
CLIENTS = (1, 4, 16)
BASE = "CPU, one by one"
FLOAT32 = Precision.FLOAT32


@dataclass(frozen=True)
class Setup:
    """An engine and how many calls may compute at once; permits 0 are as many as cores."""

    config: EngineConfig
    permits: int = 0


def _on_gpu(batch: int, runtime: Runtime = Runtime.ONNXRUNTIME) -> Setup:
    config = EngineConfig(precision=FLOAT32, use_gpu=True, max_batch=batch, runtime=runtime)
    return Setup(config, cpu_quota() + batch)


SETUPS = {
    BASE: Setup(EngineConfig(precision=FLOAT32)),
    "CPU, 8 calls, one by one": Setup(EngineConfig(precision=FLOAT32), 8),
    "CPU, 8 calls, batches up to 8": Setup(EngineConfig(precision=FLOAT32, max_batch=8), 8),
    "CUDA, one by one": _on_gpu(1),
    "CUDA, batches up to 16": _on_gpu(16),
    "CUDA, batches up to 32": _on_gpu(32),
    "TensorRT, batches up to 16": _on_gpu(16, Runtime.TENSORRT),
}


def measure(part: Part) -> str:
    """Return the page."""
    prepare("compact", ROOT / "models", batches=True)
    photo = make_photos()[PHOTO].data
    ways: dict[str, Way] = {}
    missing: list[str] = []
    for name, setup in SETUPS.items():
        try:
            pipeline = BarePipeline.open(ROOT / "models", FLOAT32, setup.config, setup.permits)
        except EngineError as error:
            if not setup.config.use_gpu:
                raise
            missing.append(f"- {name}: {error}")
            continue
        ways[name] = partial(pipeline.run, photo)
    results = take_turns(ways, PHOTO, CLIENTS, part.rounds, part.seconds)
    return PAGE.format(
        machine=machine(),
        rounds=part.rounds,
        seconds=part.seconds,
        table=table(results, PHOTO, CLIENTS, BASE),
        missing="\n".join(["Not measured:", "", *missing]) if missing else "",
    )


PAGE = """\
# Batches across calls

Written by `python -m benchmarks.speed.batches`. {machine}.

The pipeline without a server, float32, 2 MP photo, in turns: {rounds} rounds of {seconds:g} s. \
Cells: calls a second (median of the rounds), then p50 / p95.

{table}

On a CPU the inputs of a batch take as long as one after another, and on one core in place of all: \
there are no batches. With USE_GPU there are ([gpu.md](../gpu.md)).

{missing}
"""


def main(arguments: list[str]) -> None:
    """Run the command line."""
    run_part("batches", __doc__, measure, arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
