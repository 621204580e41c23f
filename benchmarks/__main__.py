"""Run a benchmark by name: ``python -m benchmarks NAME [ITS ARGUMENTS]``; without, list them."""

from __future__ import annotations

import runpy
import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Benchmark:
    """A program of this folder; ``page`` is what it writes or what its figures stand in."""

    name: str
    module: str
    page: str
    measures: str


SPEED = "benchmarks.speed"
GALLERY = "benchmarks.gallery"
STUDIES = "benchmarks.studies"

BENCHMARKS = (
    Benchmark("speed", SPEED, "docs/performance.md", "everything that follows, up to wire"),
    Benchmark("models", f"{SPEED}.models", "docs/performance/models.md", "each model and rewrite"),
    Benchmark("threads", f"{SPEED}.threads", "docs/performance/threads.md", "calls at once"),
    Benchmark("batches", f"{SPEED}.batches", "docs/performance/batches.md", "batches over calls"),
    Benchmark("openvino", f"{SPEED}.openvino", "docs/performance/openvino.md", "OpenVINO"),
    Benchmark("streams", f"{SPEED}.streams", "docs/performance/streams.md", "streams, memory"),
    Benchmark("fairness", f"{SPEED}.fairness", "docs/performance/fairness.md", "mixed callers"),
    Benchmark("checkin", f"{SPEED}.checkin", "docs/performance/checkin.md", "one call or three"),
    Benchmark("profile", f"{SPEED}.profile", "docs/performance/profile.md", "where the time goes"),
    Benchmark("wire", f"{SPEED}.wire", "docs/performance/wire.md", "encodings of embeddings"),
    Benchmark("precision", "benchmarks.precision", "docs/precision.md", "int8 and float32"),
    Benchmark("gallery", f"{GALLERY}.report", "docs/gallery-performance.md", "searches, stores"),
    Benchmark("gallery-redis", f"{GALLERY}.in_redis", "docs/gallery-redis-performance.md", "Redis"),
    Benchmark("load", "benchmarks.load", "docs/reliability.md", "overload, with deadlines"),
    Benchmark("intake", "benchmarks.intake", "docs/reliability.md", "checks before decoding"),
    Benchmark("events", "benchmarks.events", "docs/events.md", "writes and decisions with events"),
    Benchmark("quality", "benchmarks.quality", "docs/quality.md", "the quality's curves"),
    Benchmark("liveness", "benchmarks.liveness", "docs/liveness.md", "APCER and BPCER"),
    Benchmark(
        "first-answer", f"{STUDIES}.first_answer", "docs/tutorial.md", "a fresh clone's start"
    ),
    Benchmark("photo-transport", f"{STUDIES}.photo_transport", "gateway/README.md", "REST bodies"),
    Benchmark("recognizers", f"{STUDIES}.recognizers", "docs/models.md", "recognition, by steps"),
    Benchmark("projection", f"{STUDIES}.projection", "docs/models.md", "the fused embedding"),
    Benchmark("allocator", f"{STUDIES}.allocator", "facesvc/allocator.py", "glibc's settings"),
    Benchmark(
        "optimised-graph", f"{STUDIES}.optimised_graph", "docs/prepared-models.md", "session start"
    ),
    Benchmark("reduced-decode", f"{STUDIES}.reduced_decode", "docs/reliability.md", "large JPEGs"),
)


def main(arguments: list[str]) -> None:
    """Run the named one in this process, its arguments behind its name."""
    modules = {benchmark.name: benchmark.module for benchmark in BENCHMARKS}
    if not arguments or arguments[0] not in modules:
        for benchmark in BENCHMARKS:
            print(f"  {benchmark.name:16} {benchmark.measures:36} {benchmark.page}")
        sys.exit(0 if not arguments or arguments[0] in ("-h", "--help") else 2)
    sys.argv = arguments
    runpy.run_module(modules[arguments[0]], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1:])
