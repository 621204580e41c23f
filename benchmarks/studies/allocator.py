"""What the allocator's settings are worth: messages of a large photo over gRPC, with the settings
and without, to a server that does nothing.

``python -m benchmarks allocator`` prints, for each, the wall time, the server's CPU time and its
page faults a call; medians of interleaved rounds.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import grpc
import psutil

from benchmarks.speed.processes import process
from facesvc.allocator import keep_freed_memory
from facesvc.v1 import face_service_pb2 as pb
from facesvc.v1 import face_service_pb2_grpc as stubs

MESSAGE_BYTES = 2_900_000  # a photo of 12 MP
ROUNDS, CALLS = 5, 40
MINOR_FAULTS = 7  # field of /proc/PID/stat after the command's name


class Nothing(stubs.FaceServiceServicer):
    """Takes the photo and answers."""

    def Embed(self, request: pb.EmbedRequest, context: grpc.ServicerContext) -> pb.EmbedResponse:  # noqa: N802, ARG002 - the contract's name
        """Answer at once."""
        return pb.EmbedResponse(faces_detected=len(request.image))


def serve(tuned: bool) -> None:
    """Serve until killed; print the port."""
    if tuned:
        keep_freed_memory(os.cpu_count() or 1)
    server = grpc.server(ThreadPoolExecutor(8))
    stubs.add_FaceServiceServicer_to_server(Nothing(), server)  # type: ignore[no-untyped-call] # generated
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    server.start()
    threading.Event().wait()


def spent(running: subprocess.Popen[str]) -> tuple[float, int]:
    """Return the CPU seconds and the page faults of a process until now."""
    times = psutil.Process(running.pid).cpu_times()
    stat = Path(f"/proc/{running.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return times.user + times.system, int(stat[MINOR_FAULTS])


def main() -> None:
    """Measure both."""
    keep_freed_memory(os.cpu_count() or 1)  # the client's own faults are not the question
    body = os.urandom(MESSAGE_BYTES)
    found: dict[str, list[tuple[float, float, float]]] = {"default": [], "kept": []}
    with ExitStack() as stack:
        targets = {}
        for name in found:
            command = [sys.executable, "-m", "benchmarks.studies.allocator", "serve", name]
            running = stack.enter_context(process(command, {}))
            assert running.stdout is not None  # noqa: S101 - a pipe
            address = f"127.0.0.1:{int(running.stdout.readline())}"
            channel = stack.enter_context(grpc.insecure_channel(address))
            targets[name] = (stubs.FaceServiceStub(channel), running)  # type: ignore[no-untyped-call] # generated
        for number in range(ROUNDS + 1):
            for name, (stub, running) in targets.items():
                cpu, faults = spent(running)
                began = time.perf_counter()
                for _ in range(CALLS):
                    stub.Embed(pb.EmbedRequest(image=body))
                wall = time.perf_counter() - began
                cpu_after, faults_after = spent(running)
                if number:  # the first round warms up
                    row = (wall * 1e3, (cpu_after - cpu) * 1e3, float(faults_after - faults))
                    found[name].append((row[0] / CALLS, row[1] / CALLS, row[2] / CALLS))
    for name, rows in found.items():
        wall, cpu, page_faults = (statistics.median(column) for column in zip(*rows, strict=True))
        print(f"{name:8} {wall:6.2f} ms a call, {cpu:5.2f} ms CPU, {page_faults:7.1f} page faults")


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(sys.argv[2] == "kept")
    else:
        main()
