"""Where one call spends its time, sampled: ``python -m benchmarks.speed.profile``.

Needs py-spy (requirements/dev.lock) and the right to trace a process of one's own. Writes
docs/performance/profile.md and flame.svg beside it. ``--quick`` runs shortly and writes nothing.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

from benchmarks.speed import clients, processes
from benchmarks.speed.flame import Figure, draw_flame, save
from benchmarks.speed.part import publish
from benchmarks.speed.photos import ROOT, make_photos
from benchmarks.speed.report import machine

CLIENTS = 4
# Innermost functions of threads that wait for a lock, a queue or the network.
WAITING = (
    "Condition.wait ",
    "_worker (",
    "_serve (",
    "Writer._take ",
    "wait (",
    "<module> (server",
)
RATE_HZ = 200
SHOWN = 18
# What a sample is counted under: the first of these words that a frame of its stack holds, from
# the innermost frame outwards.
STAGES = (
    ("detector: model", ("Detector._run",)),
    ("detector: canvas", ("canvas.py",)),
    ("detector: boxes", ("scrfd_decode.py",)),
    ("embedding", ("recognition.py",)),
    ("pose", ("pose.py",)),
    ("alignment and crops", ("alignment.py", "crops.py", "view.py")),
    ("sharpness and score", ("quality_score.py", "assess_quality")),
    ("decode: checks", ("decode/checks.py",)),
    ("decode: pixels", ("decode/",)),
    ("gRPC, protobuf, interceptors", ("grpc/", "transport/", "_pb2", "structlog/", "google/")),
)


def sample(seconds: float) -> list[tuple[list[str], int]]:
    """Return the stacks of threads at work, outermost frame first, each with its samples."""
    photo = make_photos()["two"].data
    with (
        tempfile.TemporaryDirectory() as folder,
        ThreadPoolExecutor(1) as pool,
        processes.service("onnxruntime") as (port, _, running),
    ):
        found = psutil.Process(running.pid).children(recursive=True)
        server = next(c for c in found if any("facesvc.serve" in part for part in c.cmdline()))
        load = pool.submit(clients.run, clients.by_grpc(port, photo), CLIENTS, seconds + 3)
        time.sleep(1)  # the clients connect
        output = Path(folder) / "folded"
        _record(server.pid, output, seconds)
        load.result()
        lines = output.read_text(encoding="utf-8").splitlines()
    split = [line.rpartition(" ") for line in lines]
    stacks = [(stack.split(";"), int(count)) for stack, _, count in split]
    return [(stack, count) for stack, count in stacks if not _waits(stack)]


def _record(pid: int, output: Path, seconds: float) -> None:
    command = [str(Path(sys.executable).with_name("py-spy")), "record", "--pid", str(pid)]
    command += ["--format", "raw", "--output", str(output), "--rate", str(RATE_HZ)]
    command += ["--duration", str(max(1, round(seconds)))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode or not output.exists():
        raise SystemExit(f"py-spy failed: {done.stderr.strip()}")


def _waits(stack: list[str]) -> bool:
    """Tell whether the thread only waits, which py-spy cannot see on every kernel."""
    return any(stack[-1].startswith(name) for name in WAITING)


def measure(seconds: float) -> tuple[str, Figure]:
    """Return the page and the flame graph. A sample counts under the first stage that fits, and
    its self time under the innermost function.
    """
    sampled = sample(seconds)
    stages: Counter[str] = Counter()
    own: Counter[str] = Counter()
    total = 0
    for frames, count in sampled:
        total += count
        stages[_stage(frames)] += count
        own[frames[-1]] += count
    if not total:
        raise SystemExit("py-spy saw nothing: is the server at work?")
    text = PAGE.format(
        machine=machine(),
        clients=CLIENTS,
        seconds=seconds,
        rate=RATE_HZ,
        samples=total,
        stages=_shares(stages, total),
        own=_shares(own, total),
    )
    return text, draw_flame(sampled, total)


def _stage(frames: list[str]) -> str:
    for frame in reversed(frames):
        for stage, words in STAGES:
            if any(word in frame for word in words):
                return stage
    return "others"


def _shares(counts: Counter[str], total: int) -> str:
    lines = ["| | of the samples |", "|---|---|"]
    for name, count in counts.most_common(SHOWN):
        if count / total >= 0.001:
            lines.append(f"| {name} | {count / total * 100:.1f} % |")
    return "\n".join(lines)


PAGE = """\
# Where a call spends its time

Written by `python -m benchmarks.speed.profile`. {machine}.

py-spy looked at every thread of the gRPC server {rate} times a second for {seconds:g} s, while \
{clients} clients sent 2 MP photos; threads that only wait are left out, which leaves {samples} \
samples. Time inside a library counts for the Python function that called it.

{stages}

By the innermost function:

{own}

The same as a flame graph: callers below, width is time.

![Flame graph](flame.svg)
"""


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a short run that writes nothing")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--docs", type=Path, default=ROOT / "docs")
    options = parser.parse_args()
    text, figure = measure(1.0 if options.quick else options.seconds)
    print(text)
    if not options.quick:
        publish("profile", text, options.docs)
        save(figure, options.docs / "performance" / "flame")


if __name__ == "__main__":
    main()
