"""Whether ONNX Runtime's optimised graph on disk would start faster.

Opens every model of the default pack from the prepared file, and from the graph that ONNX
Runtime wrote after optimising it, in turns; prints the sum over the
models: ``python -m benchmarks optimised-graph``.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import onnxruntime as ort

from benchmarks.speed.photos import ROOT
from benchmarks.speed.report import machine
from facesvc.models.load import load_pack

ALL, NONE = (
    ort.GraphOptimizationLevel.ORT_ENABLE_ALL,
    ort.GraphOptimizationLevel.ORT_DISABLE_ALL,
)


def options(level: ort.GraphOptimizationLevel) -> ort.SessionOptions:
    """Return the service's options with another level of optimisation."""
    made = ort.SessionOptions()
    made.graph_optimization_level = level
    made.intra_op_num_threads = 1
    made.log_severity_level = 3  # it warns that such a file fits this machine only
    return made


def open_ms(data: bytes, level: ort.GraphOptimizationLevel) -> float:
    """Return the ms in which a session opens."""
    began = time.perf_counter()
    ort.InferenceSession(data, options(level), providers=["CPUExecutionProvider"])
    return (time.perf_counter() - began) * 1000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model-root", type=Path, default=ROOT / "models")
    parser.add_argument("--repeats", type=int, default=9)
    arguments = parser.parse_args()
    pack = load_pack("open", arguments.model_root)
    print(machine())
    totals = {"as prepared": 0.0, "optimised on disk": 0.0}
    sizes = dict.fromkeys(totals, 0)
    with tempfile.TemporaryDirectory() as folder:
        for spec in pack.manifest.models:
            int8 = pack.runs_in_int8(spec)
            data = pack.int8_bytes(spec) if int8 else pack.model_bytes(spec)
            path, writing = Path(folder) / spec.file, options(ALL)
            writing.optimized_model_filepath = str(path)
            ort.InferenceSession(data, writing, providers=["CPUExecutionProvider"])
            optimised = path.read_bytes()
            times: dict[str, list[float]] = {name: [] for name in totals}
            for _ in range(arguments.repeats):
                times["as prepared"].append(open_ms(data, ALL))
                times["optimised on disk"].append(open_ms(optimised, NONE))
            medians = {name: statistics.median(values) for name, values in times.items()}
            for name, value in medians.items():
                totals[name] += value
            sizes["as prepared"] += len(data)
            sizes["optimised on disk"] += len(optimised)
            row = ", ".join(f"{name} {value:.1f} ms" for name, value in medians.items())
            print(f"{spec.file}: {row}")
    for name, value in totals.items():
        print(f"all, {name}: {value:.0f} ms, {sizes[name] / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
