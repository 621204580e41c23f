"""Starts what is measured, on free ports, and ends it again."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import grpc
import psutil
from grpc_health.v1 import health_pb2, health_pb2_grpc

from harness.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
GIVE_UP_S = 60.0


@contextlib.contextmanager
def process(command: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Run a command in a group of its own; end the group afterwards."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    started = subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)} | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        yield started
    finally:
        with contextlib.suppress(ProcessLookupError):  # it ended by itself
            os.killpg(started.pid, signal.SIGTERM)
        try:
            started.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(started.pid, signal.SIGKILL)
            started.wait()


def wait_for(
    ready: Callable[[], bool],
    running: subprocess.Popen[str],
    what: str,
    give_up_s: float = GIVE_UP_S,
) -> float:
    """Return the seconds until it was ready. Raises SystemExit when it ends or takes too long."""
    began = time.perf_counter()
    while not ready():
        if running.poll() is not None or time.perf_counter() - began > give_up_s:
            raise SystemExit(f"{what} did not start")
        time.sleep(0.01)
    return time.perf_counter() - began


def is_serving(port: int) -> bool:
    """Tell whether gRPC's health check says SERVING."""
    with contextlib.suppress(grpc.RpcError), grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        answer = stub.Check(health_pb2.HealthCheckRequest(), timeout=1.0)
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)
    return False


def accepts(port: int) -> bool:
    """Tell whether somebody listens on the port."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.5):
        return True
    return False


def answers(port: int) -> bool:
    """Tell whether REST answers: Envoy listens before it has found the service healthy."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1.0)
    with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
        connection.request("GET", "/health")
        return connection.getresponse().status == http.client.OK
    return False


@contextlib.contextmanager
def service(
    runtime: str, settings: Mapping[str, str] | None = None
) -> Iterator[tuple[int, int, subprocess.Popen[str]]]:
    """Run gRPC server and Envoy as ``make run`` does; yield their ports and the process."""
    grpc_port, port = free_port(), free_port()
    environment = {
        "GRPC_PORT": str(grpc_port),
        "PORT": str(port),
        "GATEWAY_ADMIN_PORT": "0",
        "GALLERY_PATH": ":memory:",
        "ENGINE_RUNTIME": runtime,
        "LOG_LEVEL": "WARNING",
    } | dict(settings or {})
    with process([sys.executable, "-m", "gateway.run"], environment) as running:
        wait_for(lambda: is_serving(grpc_port) and answers(port), running, "The service")
        yield grpc_port, port, running


@contextlib.contextmanager
def naive(model_root: Path) -> Iterator[int]:
    """Run the naive service; yield its port."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.speed.naive", str(port), str(model_root)]
    with process(command, {}) as running:
        wait_for(lambda: accepts(port), running, "The naive service")
        yield port


@contextlib.contextmanager
def plain(model_root: Path) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """Run the bare pipeline behind grpcio alone; yield its port and the process."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.speed.plain", str(port), str(model_root)]
    with process(command, {}) as running:
        wait_for(lambda: accepts(port), running, "The plain gRPC server")
        yield port, running


@contextlib.contextmanager
def bare(model_root: Path, precision: str) -> Iterator[Callable[[dict[str, Any]], dict[str, Any]]]:
    """Run the bare pipeline; yield a function that gives it a task and returns its answer."""
    command = [sys.executable, "-m", "benchmarks.speed.bare", str(model_root), precision]
    with answering(command, {}, "The bare pipeline") as ask:
        yield ask


@contextlib.contextmanager
def answering(
    command: list[str], environment: dict[str, str], what: str
) -> Iterator[Callable[[dict[str, Any]], dict[str, Any]]]:
    """Run a process that says a line of JSON when it is ready and then answers each line with
    one; yield a function that asks it.
    """
    with process(command, environment) as running:

        def ask(task: dict[str, Any]) -> dict[str, Any]:
            assert running.stdin is not None and running.stdout is not None  # noqa: S101 - PIPE
            if task:
                running.stdin.write(json.dumps(task) + "\n")
                running.stdin.flush()
            line = running.stdout.readline()
            if not line:
                raise SystemExit(f"{what} ended")
            answer: dict[str, Any] = json.loads(line)
            return answer

        ask({})  # says when it is ready
        yield ask


def cold_start_s(runtime: str = "onnxruntime") -> float:
    """Return the seconds from starting the gRPC server to SERVING."""
    port = free_port()
    environment = {
        "GRPC_PORT": str(port),
        "GALLERY_PATH": ":memory:",
        "ENGINE_RUNTIME": runtime,
        "LOG_LEVEL": "WARNING",
    }
    with process([sys.executable, str(ROOT / "server.py")], environment) as running:
        return wait_for(lambda: is_serving(port), running, "The gRPC server")


def cpu_s(supervisor: subprocess.Popen[str]) -> float:
    """Return the CPU time that the service has taken, gRPC server and Envoy, in seconds."""
    root = psutil.Process(supervisor.pid)
    times = [process.cpu_times() for process in (root, *root.children(recursive=True))]
    return float(sum(time.user + time.system for time in times))


def server_rss_mib(supervisor: subprocess.Popen[str]) -> float:
    """Return the gRPC server's resident memory below the supervisor, in MiB."""
    children = psutil.Process(supervisor.pid).children(recursive=True)
    servers = [
        child for child in children if any("facesvc.serve" in part for part in child.cmdline())
    ]
    return float(sum(child.memory_info().rss for child in servers)) / 2**20
