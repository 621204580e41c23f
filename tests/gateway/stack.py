"""The whole service as make run starts it, on free ports, and Envoy alone before any server."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from facesvc.settings import Settings
from gateway.proxy import envoy_command
from gateway.render import render
from gateway.settings import GatewaySettings
from harness.ports import free_ports
from tests.gateway.rest import Rest

ROOT = Path(__file__).resolve().parents[2]
# Variables that a developer may have set for a service of their own.
OWN_VARIABLES = [
    name.upper() for model in (Settings, GatewaySettings) for name in model.model_fields
]
START_TIMEOUT_S = 90.0
STOP_TIMEOUT_S = 30.0


@dataclass
class Stack:
    """A running service: REST by Envoy, the gRPC server behind it, both under the supervisor."""

    process: subprocess.Popen[bytes]
    rest: Rest
    grpc_target: str
    folder: Path
    environment: dict[str, str] = field(repr=False)

    @property
    def log(self) -> str:
        """Everything that supervisor, server and Envoy wrote so far."""
        return (self.folder / "log").read_text()

    @property
    def children(self) -> list[int]:
        """Process ids of the gRPC server and Envoy."""
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Ask the supervisor to end and return its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(STOP_TIMEOUT_S)


def launch(folder: Path, **settings: str) -> Stack:
    """Start the service with a gallery in ``folder`` and return at once."""
    port, grpc_port = free_ports(2)
    environment = {name: value for name, value in os.environ.items() if name not in OWN_VARIABLES}
    environment |= {
        "PORT": str(port),
        "GRPC_PORT": str(grpc_port),
        "GATEWAY_ADMIN_PORT": "0",
        "GALLERY_PATH": str(folder / "gallery.sqlite3"),
    }
    environment |= settings
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway.run"], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
    target = f"127.0.0.1:{environment['GRPC_PORT']}"
    return Stack(process, Rest(int(environment["PORT"])), target, folder, environment)


@contextmanager
def running(folder: Path, **settings: str) -> Iterator[Stack]:
    """Start the service, wait until it is ready, and end it. Settings by variable name."""
    stack = launch(folder, **settings)
    try:
        deadline = time.monotonic() + START_TIMEOUT_S
        while "facesvc is ready" not in stack.log:
            assert stack.process.poll() is None, f"the service ended:\n{stack.log}"
            assert time.monotonic() < deadline, f"the service is not ready:\n{stack.log}"
            time.sleep(0.05)
        yield stack
    finally:
        try:
            stack.stop()
        except subprocess.TimeoutExpired:
            stack.process.kill()
            raise


@contextmanager
def envoy_before(
    grpc_port: int, folder: Path, gateway: GatewaySettings | None = None
) -> Iterator[Rest]:
    """Start Envoy before a gRPC server that the test runs itself (or does not run)."""
    (port,) = free_ports(1)
    settings = Settings(port=port, grpc_port=grpc_port)
    config, admin = folder / "envoy.yaml", folder / "admin"
    any_port = (gateway or GatewaySettings()).model_copy(update={"gateway_admin_port": 0})
    config.write_text(render(settings, any_port, config.parent))
    with (folder / "envoy.log").open("wb") as log:
        process = subprocess.Popen(envoy_command(config, admin), stdout=log, stderr=log)
    try:
        rest = Rest(port)
        deadline = time.monotonic() + START_TIMEOUT_S
        while not listens(port):
            assert process.poll() is None, (folder / "envoy.log").read_text()
            assert time.monotonic() < deadline, "Envoy does not listen"
            time.sleep(0.02)
        yield rest
    finally:
        process.terminate()
        process.wait(STOP_TIMEOUT_S)


def listens(port: int) -> bool:
    """Return whether somebody accepts connections on the loopback's port."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
