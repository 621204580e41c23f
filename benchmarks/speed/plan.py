"""What is measured, in which order: rounds that take turns, so that noise hits all alike."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.speed import clients, processes
from benchmarks.speed.photos import BenchPhoto
from benchmarks.speed.results import Results

GRPC, PLAIN, RAW, BASE64, BARE, NAIVE, BARE32, OPENVINO = (
    "gRPC",
    "bare pipeline behind grpcio alone",
    "REST, photo as the body",
    "REST, base64 in JSON",
    "bare pipeline",
    "naive service",
    "bare pipeline, float32",
    "gRPC, OpenVINO",
)
CLIENTS = (1, 4, 16)


@dataclass(frozen=True)
class Plan:
    """``seconds`` a measurement, ``rounds`` of all of them; ``calls`` for the memory's curve."""

    seconds: float = 5.0
    rounds: int = 3
    calls: int = 2000
    starts: int = 5
    search: int = 100_000


QUICK = Plan(seconds=0.3, rounds=1, calls=40, starts=1, search=2_000)


def measure(
    plan: Plan, photos: dict[str, BenchPhoto], model_root: Path, say: Callable[[str], None]
) -> Results:
    """Run everything. Raises SystemExit when something is broken, never when it is slow."""
    results = Results()
    say("cold start")
    results.cold_start_s = [processes.cold_start_s() for _ in range(plan.starts)]
    with ExitStack() as stack:
        folder = folder_of(stack, photos)
        ask = stack.enter_context(processes.bare(model_root, "int8"))
        say("stages and search")
        for key in photos:
            task = {"photo": str(folder / f"{key}.jpg"), "stages": 15 if plan.rounds > 1 else 2}
            results.stages_ms[key] = ask(task)["stages"]
        results.search_samples = plan.search
        results.search_ms = ask({"search": plan.search, "repeats": 31})["search_ms"]
    with ExitStack() as stack:
        ports = stack.enter_context(processes.service("onnxruntime"))
        say("memory")
        _memory(plan, photos, ports, results)
        targets, cpus = _targets(stack, ports, model_root, folder_of(stack, photos))
        for number in range(plan.rounds):
            for key, photo in photos.items():
                for clients_count in CLIENTS:
                    for target, run in targets.items():
                        if not _wanted(target, key):
                            continue
                        say(f"round {number + 1}: {photo.title}, {clients_count}, {target}")
                        at = (target, key, clients_count)
                        cpu_s = cpus.get(target, time.process_time)
                        own_s, clients_s = cpu_s(), time.process_time()
                        times, elapsed_s = run(photo, clients_count, plan.seconds)
                        results.add(at, times, elapsed_s)
                        if target in cpus:
                            clients_s = time.process_time() - clients_s
                            # Each client calls once before the clock starts.
                            calls = len(times) + (clients_count if target != BARE else 0)
                            results.add_cpu(at, calls, cpu_s() - own_s, clients_s)
    return results


def folder_of(stack: ExitStack, photos: dict[str, BenchPhoto]) -> Path:
    """Write the photos where other processes can read them."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    for photo in photos.values():
        (folder / f"{photo.key}.jpg").write_bytes(photo.data)
    return folder


def _wanted(target: str, photo: str) -> bool:
    """The ways of sending are compared on one photo only."""
    return photo == "two" or target in (GRPC, BARE, NAIVE)


Run = Callable[[BenchPhoto, int, float], tuple[list[float], float]]
CpuTime = Callable[[], float]  # seconds so far


def _targets(
    stack: ExitStack, ports: tuple[int, int, Any], model_root: Path, folder: Path
) -> tuple[dict[str, Run], dict[str, CpuTime]]:
    grpc_port, port, running = ports
    int8 = stack.enter_context(processes.bare(model_root, "int8"))
    float32 = stack.enter_context(processes.bare(model_root, "float32"))
    naive_port = stack.enter_context(processes.naive(model_root))
    plain_port, plain = stack.enter_context(processes.plain(model_root))

    def bare(ask: Callable[[dict[str, Any]], dict[str, Any]]) -> Run:
        def run(photo: BenchPhoto, count: int, seconds: float) -> tuple[list[float], float]:
            path = str(folder / f"{photo.key}.jpg")
            answer = ask({"photo": path, "clients": count, "seconds": seconds})
            return answer["ms"], answer["elapsed_s"]

        return run

    targets: dict[str, Run] = {
        BARE: bare(int8),
        PLAIN: lambda p, n, s: clients.run(clients.by_grpc(plain_port, p.data), n, s),
        GRPC: lambda p, n, s: clients.run(clients.by_grpc(grpc_port, p.data), n, s),
        RAW: lambda p, n, s: clients.run(
            clients.by_rest(port, "/embed", p.data, "image/jpeg"), n, s
        ),
        BASE64: lambda p, n, s: clients.run(
            clients.by_rest(port, "/embed", clients.as_json(p.data), "application/json"), n, s
        ),
        NAIVE: lambda p, n, s: clients.run(
            clients.by_rest(naive_port, "/", p.data, "image/jpeg"), n, s
        ),
        BARE32: bare(float32),
    }
    if find_spec("openvino") is not None:
        openvino_port, _, _ = stack.enter_context(processes.service("openvino"))
        targets[OPENVINO] = lambda p, n, s: clients.run(
            clients.by_grpc(openvino_port, p.data), n, s
        )
    service = partial(processes.cpu_s, running)
    cpus: dict[str, CpuTime] = {
        BARE: lambda: float(int8({"cpu": True})["cpu_s"]),
        PLAIN: partial(processes.cpu_s, plain),
        **dict.fromkeys((GRPC, RAW, BASE64), service),
    }
    return targets, cpus


def _memory(
    plan: Plan, photos: dict[str, BenchPhoto], ports: tuple[int, int, Any], results: Results
) -> None:
    """Send all kinds of photos and note the server's memory along the way."""
    grpc_port, _, running = ports
    mixed = [photos["small"]] * 7 + [photos["two"], photos["six"], photos["twelve"]]
    with ExitStack() as stack:
        asks = [clients.by_grpc(grpc_port, photo.data)(stack) for photo in mixed]
        results.rss_mib[0] = processes.server_rss_mib(running)
        for number in range(1, plan.calls + 1):
            asks[number % len(asks)]()
            if number % max(1, plan.calls // 8) == 0:
                results.rss_mib[number] = processes.server_rss_mib(running)
