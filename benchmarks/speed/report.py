"""Writes docs/performance.md and its plots."""

from __future__ import annotations

import importlib.metadata
import platform
import statistics
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from benchmarks.speed.photos import BenchPhoto
from benchmarks.speed.plan import (
    BARE,
    BARE32,
    BASE64,
    CLIENTS,
    GRPC,
    NAIVE,
    OPENVINO,
    PLAIN,
    RAW,
    Plan,
)
from benchmarks.speed.results import Results
from facesvc.environment import cpu_quota

EXTRAS = ("openvino",)
PACKAGES = ("onnxruntime", "numpy", "opencv-python-headless", "grpcio", "insightface")


def page(results: Results, photos: dict[str, BenchPhoto], plan: Plan) -> str:
    """Return the page in Markdown."""
    return PAGE.format(
        machine=machine(),
        rounds=plan.rounds,
        seconds=plan.seconds,
        targets=_targets(results),
        ways=_table(results, "two", (BARE, PLAIN, GRPC, RAW, BASE64, BARE32, OPENVINO, NAIVE)),
        cpu=_cpu(results),
        plain=f"{results.ratio((PLAIN, 'two', 4), (BARE, 'two', 4)):.2f}",
        kept=f"{results.ratio((GRPC, 'two', 4), (PLAIN, 'two', 4)):.2f}",
        photos="\n\n".join(
            f"### {photo.title}, {len(photo.data) / 1000:.0f} KB\n\n"
            + _table(results, key, (BARE, GRPC, NAIVE))
            for key, photo in photos.items()
            if key != "two"
        ),
        stages=_stages(results, photos),
        cold=f"{statistics.median(results.cold_start_s):.2f}",
        worst_cold=f"{max(results.cold_start_s):.2f}",
        memory=_memory(results),
        samples=results.search_samples,
        search=f"{results.search_ms:.2f}",
    )


def machine() -> str:
    """Return one sentence about where this ran."""
    model = platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    names = [*PACKAGES, *(name for name in EXTRAS if find_spec(name))]
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in names)
    day = datetime.now(UTC).strftime("%Y-%m-%d")
    return (
        f"{model}, {cpu_quota()} cores, {platform.system()} {platform.machine()}; "
        f"Python {platform.python_version()}, {versions}; {day}"
    )


def _table(results: Results, key: str, targets: tuple[str, ...]) -> str:
    head = "| | " + " | ".join(f"{n} client{'s' * (n > 1)}" for n in CLIENTS)
    lines = [head + " | per core at 4 | to bare at 4 | to naive at 1 / 4 / 16 |"]
    lines.append("|---" * 7 + "|")
    for target in targets:
        if (target, key, 4) not in results.rates:
            continue  # OpenVINO is an extra
        cells = [
            f"{results.rate((target, key, n)):.1f}/s, {results.p((target, key, n), 50):.0f} / "
            f"{results.p((target, key, n), 95):.0f} ms"
            for n in CLIENTS
        ]
        cells.append(f"{results.rate((target, key, 4)) / cpu_quota():.1f}/s")
        cells.append(f"{results.ratio((target, key, 4), (BARE, key, 4)):.2f}")
        naive = [f"{results.ratio((target, key, n), (NAIVE, key, n)):.1f}" for n in CLIENTS]
        cells.append(" / ".join(naive))
        lines.append(f"| {target} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _targets(results: Results) -> str:
    """Return the goals beside what was reached."""
    key, four = "two", 4
    grpc = (GRPC, key, four)
    rows = [
        ("images/s over gRPC at 4 clients", results.rate(grpc), 30.0, True),
        ("of the bare pipeline at 4 clients", results.ratio(grpc, (BARE, key, four)), 0.95, True),
        *(
            (
                f"times the naive service at {n}",
                results.ratio((GRPC, key, n), (NAIVE, key, n)),
                goal,
                True,
            )
            for n, goal in zip(CLIENTS, (3.3, 3.5, 2.6), strict=True)
        ),
        *(
            (
                f"times the naive service at {n}, OpenVINO",
                results.ratio((OPENVINO, key, n), (NAIVE, key, n)),
                3.5,
                True,
            )
            for n in CLIENTS
            if (OPENVINO, key, n) in results.rates
        ),
        ("REST with raw bytes, of gRPC", results.ratio((RAW, key, four), grpc), 0.95, True),
        ("REST with base64, of gRPC", results.ratio((BASE64, key, four), grpc), 0.85, True),
        ("p95 over p50 at 4 clients", results.p(grpc, 95) / results.p(grpc, 50), 1.3, False),
        (
            "12 MP over 2 MP, p50 at 1 client",
            results.p((GRPC, "twelve", 1), 50) / results.p((GRPC, key, 1), 50),
            1.6,
            False,
        ),
        (f"search among {results.search_samples}, ms", results.search_ms, 4.0, False),
        ("cold start to SERVING, s", statistics.median(results.cold_start_s), 1.5, False),
        ("server's memory at the end, MiB", list(results.rss_mib.values())[-1], 400.0, False),
    ]
    lines = [
        "| goal (2 MP, one face, unless said otherwise) | wanted | measured | |",
        "|---" * 4 + "|",
    ]
    for name, value, goal, is_floor in rows:
        met = value >= goal if is_floor else value <= goal
        wanted = f"{'at least' if is_floor else 'at most'} {goal:g}"
        lines.append(f"| {name} | {wanted} | {value:.2f} | {'met' if met else 'MISSED'} |")
    return "\n".join(lines)


def _cpu(results: Results) -> str:
    head = " | ".join(f"{n} client{'s' * (n > 1)}" for n in CLIENTS)
    lines = [f"| | {head} |", "|---" * (len(CLIENTS) + 1) + "|"]
    for target in (BARE, PLAIN, GRPC, RAW, BASE64):
        cells = []
        for n in CLIENTS:
            own, clients = results.cpu((target, "two", n))
            cells.append(f"{own:.1f} + {clients:.1f}" if target != BARE else f"{own:.1f}")
        lines.append(f"| {target} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _stages(results: Results, photos: dict[str, BenchPhoto]) -> str:
    names = list(next(iter(results.stages_ms.values())))
    lines = ["| photo | " + " | ".join(names) + " | sum |", "|---" * (len(names) + 2) + "|"]
    for key, stages in results.stages_ms.items():
        values = [f"{stages[name]:.1f}" for name in names]
        total = sum(stages.values())
        lines.append(f"| {photos[key].title} | " + " | ".join(values) + f" | {total:.1f} |")
    return "\n".join(lines)


def _memory(results: Results) -> str:
    return ", ".join(f"{calls}: {mib:.0f}" for calls, mib in results.rss_mib.items())


PAGE = """\
# Performance

Written by `python -m benchmarks.speed`. {machine}.

The service, its own pipeline without a server ("bare", the same sessions and permits) and a \
naive service ran on this machine in the same run, taking turns: {rounds} rounds of {seconds:g} s \
each. Every client calls, waits, calls again. The clients ran on the same cores, so all figures \
are lower than a service alone would reach; read the ratios. Cells: calls a second (median of \
the rounds), then p50 / p95 of all calls.

The naive service is how such a service is commonly written: a thread a request, every model on \
every face, InsightFace's classes, ONNX Runtime's default options, float32 models as they come \
(benchmarks/speed/naive.py). It is given the photo's bytes, and models of the same pack.

{targets}

![Calls a second](performance/throughput.png)

## Ways to call, 2 MP, one face

{ways}

"float32" is ENGINE_PRECISION=float32 without a server. [precision.md](precision.md) says what \
int8 does to the faces.

What the server and the clients add, in ms of CPU a call (server and Envoy + clients). Clients \
elsewhere would leave their part to the service.

{cpu}

A gRPC call in Python costs the same however fast the models are, so the faster they get, the \
lower is the ratio to the bare pipeline. "Behind grpcio alone" is that same pipeline as the one \
handler of a server with nothing around it (benchmarks/speed/plain.py): {plain} of bare at 4 \
clients, which is as close as a gRPC service in Python gets here. facesvc, with its request ids, \
error details, access log, deadlines and limits, reaches {kept} of that one.

## Other photos

{photos}

## Where a call spends its time

Median ms of each stage, alone on one core, int8 detector.

{stages}

![Stages](performance/stages.png)

The detector is most of it. Its canvas follows the photo's shape, so a 9:16 photo costs two \
thirds of a square one.

A large photo's decoding is mostly reading its Huffman codes, which no reduced scale shortens. So \
the faster the models, the greater is the ratio of a 12 MP photo to a 2 MP one.

## Start and memory

From starting the process to SERVING with prepared models on disk: {cold} s (median; slowest \
{worst_cold} s). The gRPC server's resident memory in MiB by calls answered, photos from 0.06 to \
12 MP mixed: {memory}.

An exact search among {samples} embeddings takes {search} ms.

## More

- [Where a call spends its time](performance/profile.md), sampled, as a flame graph
- [Streams and batches](performance/streams.md) against callers of single photos
- [Small photos beside large ones](performance/fairness.md)
- [What the ways in cost](performance/wire.md): JSON, base64, packed embeddings
- [One check-in](performance/checkin.md) against a liveness check and a search
- [Threads](performance/threads.md): other layouts than the chosen one
- [Prepared models](performance/models.md), step by step
- [Batches across calls](performance/batches.md), on a CPU and on a GPU
- [OpenVINO](performance/openvino.md), an extra
- [Precision](precision.md): what int8, OpenVINO and the cascade do to the faces
"""
