"""Envoy before several servers on this machine, and the servers."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import yaml
from pydantic import SecretStr

from benchmarks.speed.processes import ROOT, answers, is_serving, process, wait_for
from facesvc.settings import Settings
from gateway.proxy import envoy_command
from gateway.render import render
from gateway.settings import GatewaySettings
from harness.ports import free_port

START_S = 180.0  # several at once, on a machine that may be busy
_TRIES = 5
SERVER = ("-m", "facesvc.serve")
SECRET = "of this run"  # noqa: S105 - shared by the processes of one run


class Replica:
    """One server on a port of its own, which can be ended and started again."""

    def __init__(self, command: Sequence[str], settings: Mapping[str, str]) -> None:
        self.port = free_port()
        self._command = [sys.executable, *command]
        own = {"GRPC_PORT": str(self.port), "METRICS_PORT": "0", "GATEWAY_SECRET": SECRET}
        self._environment = os.environ | own | {"GALLERY_PATH": ":memory:"} | dict(settings)
        self.process = self._start()

    def wait(self) -> None:
        """Return when it serves."""
        wait_for(lambda: is_serving(self.port), self.process, "A server", START_S)

    def end(self) -> None:
        """Ask it to end and wait until it has."""
        self.process.terminate()
        self.process.wait(60)

    def restart(self) -> None:
        """End it as an operator does, and start it again on the same port."""
        self.end()
        for left in reversed(range(_TRIES)):
            self.process = self._start()
            try:
                self.wait()
            except SystemExit:  # somebody's connection has the port for the moment
                if not left:
                    raise
            else:
                return

    def _start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self._command, cwd=ROOT, env=self._environment, stderr=subprocess.DEVNULL, text=True
        )


@contextlib.contextmanager
def replicas(
    count: int, settings: Mapping[str, str], command: Sequence[str] = SERVER
) -> Iterator[list[Replica]]:
    """Run so many servers with the same settings."""
    started: list[Replica] = []
    try:
        started.extend(Replica(command, settings) for _ in range(count))
        for each in started:
            each.wait()
        yield started
    finally:
        for each in started:
            with contextlib.suppress(subprocess.TimeoutExpired):
                each.end()
            each.process.kill()


@contextlib.contextmanager
def envoy_before(ports: Sequence[int], folder: Path) -> Iterator[int]:
    """Run Envoy before servers on these ports; yield its own port, for REST and gRPC."""
    settings = Settings(port=free_port(), grpc_port=ports[0], gateway_secret=SecretStr(SECRET))
    config = yaml.safe_load(
        render(settings, GatewaySettings(console=False, gateway_admin_port=0), folder)
    )
    cluster = config["static_resources"]["clusters"][0]
    cluster["load_assignment"]["endpoints"][0]["lb_endpoints"] = [
        {"endpoint": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": port}}}}
        for port in ports
    ]
    path = folder / "envoy.yaml"
    path.write_text(yaml.safe_dump(config))
    with process(envoy_command(path, folder / "admin"), {}) as envoy:
        wait_for(lambda: answers(settings.port), envoy, "Envoy")
        yield settings.port
