"""Whether other thread settings would be faster: ``python -m benchmarks.speed.threads``.

Writes docs/performance/threads.md. ``--quick`` runs shortly and writes nothing.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import onnxruntime as ort

from benchmarks.speed import processes
from benchmarks.speed.bare import BarePipeline
from benchmarks.speed.part import Part, run_part
from benchmarks.speed.photos import ROOT, make_photos
from benchmarks.speed.plan import CLIENTS
from benchmarks.speed.report import machine
from benchmarks.speed.turns import Way, table, take_turns
from facesvc.admission.permit_gate import PermitGate
from facesvc.engine import providers, sessions
from facesvc.engine.config import EngineConfig, Precision
from facesvc.environment import cpu_quota

PHOTO = "two"


@dataclass(frozen=True)
class Layout:
    """``intra_op`` threads in a model, 0 as many as ONNX Runtime likes; ``permits`` calls that
    compute at once, 0 as many as cores.
    """

    intra_op: int = 1
    spin: bool = False
    permits: int = 0


CHOSEN = "chosen: 1 thread a model, a permit a core"
LAYOUTS = {
    CHOSEN: Layout(),
    "twice the permits": Layout(permits=2 * cpu_quota()),
    "16 permits": Layout(permits=16),
    "1 permit, a thread a core, no spinning": Layout(cpu_quota(), permits=1),
    "1 permit, a thread a core, spinning": Layout(cpu_quota(), True, 1),
    "a permit and a thread a core, no spinning": Layout(cpu_quota()),
    "ONNX Runtime's defaults, a permit a core": Layout(0, True),
}
# numpy's and OpenCV's own threads beside them.
LIBRARIES = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def measure(part: Part) -> str:
    """Return the page."""
    counts = CLIENTS if part.rounds > 1 else CLIENTS[:1]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        photo = folder / "photo.jpg"
        photo.write_bytes(make_photos()[PHOTO].data)
        ways: dict[str, Way] = {
            name: _way(stack, layout, photo, {})
            for name, layout in LAYOUTS.items()
            if part.rounds > 1 or name == CHOSEN  # a quick run needs no more to be sound
        }
        ways["chosen, BLAS and OpenMP with 1 thread"] = _way(stack, Layout(), photo, LIBRARIES)
        results = take_turns(ways, PHOTO, counts, part.rounds, part.seconds)
    return PAGE.format(
        machine=machine(),
        rounds=part.rounds,
        seconds=part.seconds,
        table=table(results, PHOTO, counts, CHOSEN),
    )


def _way(stack: ExitStack, layout: Layout, photo: Path, environment: dict[str, str]) -> Way:
    command = [sys.executable, "-m", "benchmarks.speed.threads", "--worker"]
    command.append(json.dumps(asdict(layout)))
    ask = stack.enter_context(processes.answering(command, environment, "A layout"))
    return partial(_run, ask, photo)


def _run(
    ask: Callable[[dict[str, Any]], dict[str, Any]], photo: Path, count: int, seconds: float
) -> tuple[list[float], float]:
    answer = ask({"photo": str(photo), "clients": count, "seconds": seconds})
    return answer["ms"], answer["elapsed_s"]


def work(layout: Layout) -> None:
    """Answer lines with the bare pipeline in this layout."""
    chosen = providers.session_options

    def options(config: EngineConfig) -> ort.SessionOptions:
        changed = chosen(config)
        changed.intra_op_num_threads = layout.intra_op
        changed.add_session_config_entry("session.intra_op.allow_spinning", str(int(layout.spin)))
        return changed

    with patch.object(sessions, "session_options", options):
        opened = BarePipeline.open(ROOT / "models", Precision.INT8)
    gate = PermitGate(layout.permits or cpu_quota(), 64)
    pipeline = BarePipeline(opened.engine, opened.decoder, opened.finder, gate)
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        task = json.loads(line)
        data = Path(task["photo"]).read_bytes()
        times, elapsed_s = pipeline.run(data, task["clients"], task["seconds"])
        print(json.dumps({"ms": times, "elapsed_s": elapsed_s}), flush=True)


PAGE = """\
# Threads

Written by `python -m benchmarks.speed.threads`. {machine}.

The pipeline without a server, 2 MP photo, each layout in a process of its own with the same \
models, in turns: {rounds} rounds of {seconds:g} s. Cells: calls a second (median of the rounds), \
then p50 / p95.

{table}

A thread more a model helps a caller who is alone, and costs the others; the service is made for \
more than one caller.
"""


def main(arguments: list[str]) -> None:
    """Run the command line, or a worker."""
    if arguments[:1] == ["--worker"]:
        work(Layout(**json.loads(arguments[1])))
    else:
        run_part("threads", __doc__, measure, arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
