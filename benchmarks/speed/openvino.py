"""OpenVINO against ONNX Runtime and the naive service: ``python -m benchmarks.speed.openvino``.

Needs requirements/openvino.lock in the environment that runs it; writes
docs/performance/openvino.md. ``--quick`` runs shortly and writes nothing.
"""

from __future__ import annotations

import statistics
import sys
from contextlib import ExitStack
from importlib.util import find_spec

from benchmarks.speed import clients, processes
from benchmarks.speed.part import Part, run_part
from benchmarks.speed.photos import ROOT, make_photos
from benchmarks.speed.plan import CLIENTS
from benchmarks.speed.report import machine
from benchmarks.speed.turns import Way, table, take_turns

PHOTO = "two"
NAIVE, DEFAULT, OPENVINO = "naive service", "ONNX Runtime", "OpenVINO"
GOAL = 3.5  # times the naive service


def measure(part: Part) -> str:
    """Return the page."""
    photo = make_photos()[PHOTO].data
    with ExitStack() as stack:
        ways: dict[str, Way] = {NAIVE: _naive(stack, photo)}
        supervisors = {}
        for name, runtime in ((DEFAULT, "onnxruntime"), (OPENVINO, "openvino")):
            port, _, supervisors[name] = stack.enter_context(processes.service(runtime))
            ways[name] = _by_grpc(port, photo)
        results = take_turns(ways, PHOTO, CLIENTS, part.rounds, part.seconds)
        memory = {name: processes.server_rss_mib(item) for name, item in supervisors.items()}
    starts = {
        name: statistics.median(processes.cold_start_s(runtime) for _ in range(part.rounds))
        for name, runtime in ((DEFAULT, "onnxruntime"), (OPENVINO, "openvino"))
    }
    times = [results.ratio((OPENVINO, PHOTO, count), (NAIVE, PHOTO, count)) for count in CLIENTS]
    return PAGE.format(
        machine=machine(),
        rounds=part.rounds,
        seconds=part.seconds,
        table=table(results, PHOTO, CLIENTS, NAIVE),
        goal=GOAL,
        times=" / ".join(f"{value:.2f}" for value in times),
        verdict="kept" if min(times) >= GOAL else "NOT kept",
        gain=" / ".join(
            f"{results.ratio((OPENVINO, PHOTO, count), (DEFAULT, PHOTO, count)):.2f}"
            for count in CLIENTS
        ),
        start=starts[OPENVINO],
        default_start=starts[DEFAULT],
        memory=memory[OPENVINO],
        default_memory=memory[DEFAULT],
    )


def _naive(stack: ExitStack, photo: bytes) -> Way:
    port = stack.enter_context(processes.naive(ROOT / "models"))
    return lambda n, s: clients.run(clients.by_rest(port, "/", photo, "image/jpeg"), n, s)


def _by_grpc(port: int, photo: bytes) -> Way:
    return lambda n, s: clients.run(clients.by_grpc(port, photo), n, s)


PAGE = """\
# OpenVINO

Written by `python -m benchmarks.speed.openvino`. {machine}.

`ENGINE_RUNTIME=openvino`, after installing `requirements/openvino.lock`, against the default and \
the naive service of [performance.md](../performance.md), over gRPC, 2 MP photo, \
`DETECTION_SIZE=640`, in turns: {rounds} rounds of {seconds:g} s. Cells: calls a second (median \
of the rounds), then p50 / p95.

{table}

Promised with this extra: at least {goal} times the naive service at 1, 4 and 16 clients. \
Measured {times}: {verdict}. Against the default it is {gain}.

Start to SERVING {start:.1f} s (default {default_start:.1f} s), the server's memory at the end \
{memory:.0f} MiB (default {default_memory:.0f}). [precision.md](../precision.md) says what it \
does to faces and embeddings.
"""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line."""
    if find_spec("openvino") is None:
        raise SystemExit("OpenVINO is not installed: pip install -r requirements/openvino.lock")
    run_part("openvino", __doc__, measure, arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
