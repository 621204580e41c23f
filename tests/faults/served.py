"""The gRPC server as a process of its own, for faults that need one."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil

from benchmarks.speed.processes import is_serving
from harness.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
START_TIMEOUT_S = 60.0


@dataclass
class Served:
    """A running server.py."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def target(self) -> str:
        """Where it listens, host:port."""
        return f"127.0.0.1:{self.port}"

    @property
    def rss_mib(self) -> float:
        """Its resident memory in MiB."""
        return float(psutil.Process(self.process.pid).memory_info().rss) / 2**20


@contextlib.contextmanager
def served(
    command: list[str] | None = None,
    stderr: int | IO[bytes] | None = subprocess.DEVNULL,
    **settings: str,
) -> Iterator[Served]:
    """Run server.py, or another program that serves GRPC_PORT, until it is left."""
    port = free_port()
    environment = os.environ | {"GRPC_PORT": str(port), "GALLERY_PATH": ":memory:"}
    environment |= {"METRICS_PORT": "0"} | settings
    process = subprocess.Popen(
        [sys.executable, *(command or ["server.py"])], cwd=ROOT, env=environment, stderr=stderr
    )
    try:
        deadline = time.monotonic() + START_TIMEOUT_S
        while not is_serving(port):
            assert process.poll() is None, "the server ended"
            assert time.monotonic() < deadline, "the server does not serve"
            time.sleep(0.02)
        yield Served(port, process)
    finally:
        process.terminate()
        try:
            process.wait(30)
        finally:
            process.kill()
            process.wait()
