"""Small photos beside many large ones: ``python -m benchmarks.speed.fairness``.

Writes docs/performance/fairness.md. ``--quick`` runs shortly and writes nothing.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor

from benchmarks.speed import clients, processes
from benchmarks.speed.part import Part, run_part
from benchmarks.speed.photos import make_photos
from benchmarks.speed.report import machine
from benchmarks.speed.results import Results
from benchmarks.speed.turns import Way, take_turns
from facesvc.environment import cpu_quota

CROWDS = (4, 16)
ALONE, SMALL, LARGE = "alone", "beside {} clients with small ones", "beside {} clients with 12 MP"
KEY = "small"
# The crowd begins before the one that is measured and ends after it.
HEAD_START_S = 0.3


def measure(part: Part) -> str:
    """Return the page."""
    photos = make_photos()
    small, large = photos["small"].data, photos["twelve"].data
    with processes.service("onnxruntime") as (port, _, _):

        def one(seconds: float) -> tuple[list[float], float]:
            return clients.run(clients.by_grpc(port, small), 1, seconds)

        def beside(crowd: int, photo: bytes) -> Way:
            def way(_: int, seconds: float) -> tuple[list[float], float]:
                with ThreadPoolExecutor(1) as pool:
                    longer = seconds + 2 * HEAD_START_S
                    others = pool.submit(clients.run, clients.by_grpc(port, photo), crowd, longer)
                    time.sleep(HEAD_START_S)
                    answer = one(seconds)
                    others.result()
                return answer

            return way

        ways: dict[str, Way] = {ALONE: lambda _, s: one(s)}
        for crowd in CROWDS if part.rounds > 1 else CROWDS[:1]:
            ways[SMALL.format(crowd)] = beside(crowd, small)
            ways[LARGE.format(crowd)] = beside(crowd, large)
        results = take_turns(ways, KEY, (1,), part.rounds, part.seconds)
    return PAGE.format(
        machine=machine(),
        rounds=part.rounds,
        seconds=part.seconds,
        permits=cpu_quota(),
        table=_table(results),
    )


def _table(results: Results) -> str:
    lines = ["| a client with a 0.06 MP photo | calls/s | p50 / p95 / slowest, ms |"]
    lines.append("|---" * 3 + "|")
    for name, photo, count in results.rates:
        key = (name, photo, count)
        lines.append(
            f"| {name} | {results.rate(key):.1f} | {results.p(key, 50):.0f} "
            f"/ {results.p(key, 95):.0f} / {max(results.times[key]):.0f} |"
        )
    return "\n".join(lines)


PAGE = """\
# Small photos beside large ones

Written by `python -m benchmarks.speed.fairness`. {machine}.

One client sends photos of 0.06 MP over gRPC, one after another, while others keep sending; in \
turns, {rounds} rounds of {seconds:g} s.

{table}

Calls compute in the order in which they came, {permits} at a time (as many as cores): a small \
photo waits for the calls before it and never for one that came later. So beside N others that \
call, wait and call again it waits for at most N of them, whatever their size. Small photos do \
not go first: the detector's canvas is the same, a small photo costs more than half of a large one.
"""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line."""
    run_part("fairness", __doc__, measure, arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
