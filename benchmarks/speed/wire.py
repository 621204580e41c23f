"""What JSON costs: CPU time and bytes a call by each way in, ``python -m benchmarks.speed.wire``.

Writes docs/performance/wire.md. ``--quick`` runs shortly and writes nothing.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

import grpc
import psutil

from benchmarks.speed import clients, processes
from benchmarks.speed.part import Part, run_part
from benchmarks.speed.photos import make_photos
from benchmarks.speed.report import machine
from facesvc.v1.face_service_pb2 import EmbedRequest, EmbedResponse
from facesvc.v1.face_service_pb2_grpc import FaceServiceStub
from facesvc.v1.types_pb2 import (
    EMBEDDING_ENCODING_FLOAT16,
    EMBEDDING_ENCODING_FLOAT32,
    EMBEDDING_ENCODING_FLOATS,
    EmbeddingEncoding,
)

ENCODINGS = (EMBEDDING_ENCODING_FLOATS, EMBEDDING_ENCODING_FLOAT32, EMBEDDING_ENCODING_FLOAT16)
# (ms of CPU in Envoy, in the server, and of waiting) a call
Cost = tuple[float, float, float]
Ask = Callable[[], bytes]  # returns the answer's body


def measure(part: Part) -> str:
    """Return the page."""
    photo = make_photos()["two"].data
    with ExitStack() as stack:
        grpc_port, port, running = stack.enter_context(processes.service("onnxruntime"))
        stub = FaceServiceStub(  # type: ignore[no-untyped-call] # generated
            stack.enter_context(grpc.insecure_channel(f"127.0.0.1:{grpc_port}"))
        )
        ways: dict[str, tuple[int, Ask]] = {}
        for encoding in ENCODINGS:
            name = EmbeddingEncoding.Name(encoding).removeprefix("EMBEDDING_ENCODING_")
            request = EmbedRequest(image=photo, encoding=encoding)
            ways[f"gRPC, {name}"] = (
                request.ByteSize(),
                partial(_by_grpc, stub, request),
            )
            path = f"/embed?encoding=EMBEDDING_ENCODING_{name}"
            ways[f"REST, photo as the body, {name}"] = (
                len(photo),
                stack.enter_context(clients.rest_bodies(port, path, photo, "image/jpeg")),
            )
        body = clients.as_json(photo)
        ways["REST, base64 in JSON, FLOATS"] = (
            len(body),
            stack.enter_context(clients.rest_bodies(port, "/embed", body, "application/json")),
        )
        envoy, server = _children(running)
        answers = {name: ask() for name, (_, ask) in ways.items()}
        costs: dict[str, list[Cost]] = {name: [] for name in ways}
        for _ in range(part.rounds):
            for name, (_, ask) in ways.items():
                costs[name].append(_cost(ask, envoy, server, part.seconds))
    rows = [
        f"| {name} | {ways[name][0] / 1000:.0f} | {len(answers[name]) / 1000:.1f} | "
        + " | ".join(
            f"{statistics.median(values):.2f}" for values in zip(*costs[name], strict=True)
        )
        + " |"
        for name in ways
    ]
    return PAGE.format(
        machine=machine(),
        rounds=part.rounds,
        seconds=part.seconds,
        table="\n".join([HEAD, "|---" * 6 + "|", *rows]),
        json_us=_parse_us(lambda: json.loads(answers["REST, photo as the body, FLOATS"])),
        floats_us=_parse_us(lambda: _floats(answers["gRPC, FLOATS"])),
    )


HEAD = "| | request, KB | answer, KB | Envoy's CPU, ms | server's CPU, ms | p50 at 1 client, ms |"


def _cost(ask: Ask, envoy: psutil.Process, server: psutil.Process, seconds: float) -> Cost:
    before, times, until = (_cpu_s(envoy), _cpu_s(server)), [], time.perf_counter() + seconds
    while time.perf_counter() < until:
        began = time.perf_counter()
        ask()
        times.append((time.perf_counter() - began) * 1000)
    after = (_cpu_s(envoy), _cpu_s(server))
    in_envoy, in_server = ((b - a) * 1000 / len(times) for a, b in zip(before, after, strict=True))
    return in_envoy, in_server, statistics.median(times)


def _cpu_s(process: psutil.Process) -> float:
    used = process.cpu_times()
    return float(used.user + used.system)


def _by_grpc(stub: FaceServiceStub, request: EmbedRequest) -> bytes:
    answer: EmbedResponse = stub.Embed(request)
    return answer.SerializeToString()


def _children(supervisor: object) -> tuple[psutil.Process, psutil.Process]:
    found = psutil.Process(supervisor.pid).children(recursive=True)  # type: ignore[attr-defined] # a Popen
    server = next(child for child in found if any("facesvc.serve" in x for x in child.cmdline()))
    envoy = next(child for child in found if child.name().startswith("envoy"))
    return envoy, server


def _floats(data: bytes) -> list[float]:
    return list(EmbedResponse.FromString(data).embedding)


def _parse_us(parse: Callable[[], object], repeats: int = 200) -> float:
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        parse()
        times.append((time.perf_counter() - began) * 1e6)
    return statistics.median(times)


PAGE = """\
# What the ways in cost

Written by `python -m benchmarks.speed.wire`. {machine}.

Embed of one 2 MP photo, one client, in turns: {rounds} rounds of {seconds:g} s, medians. CPU \
times are the kernel's, of the whole process, a call.

{table}

Reading the answer takes a Python client {json_us:.0f} µs as JSON and {floats_us:.0f} µs as \
protobuf. FLOATS are `repeated float`, FLOAT32 and FLOAT16 packed bytes (base64 in JSON).
"""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line."""
    run_part("wire", __doc__, measure, arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
