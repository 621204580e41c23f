"""The supervisor behind make run: starts the gRPC server and Envoy, and ends both.

Exit status: 0 after Ctrl-C or SIGTERM, 1 when a process died or could not start, 2 when a
setting is wrong.
"""

from __future__ import annotations

import errno
import os
import secrets
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from pydantic import SecretStr

from facesvc.environment import SettingsError
from facesvc.settings import Settings, load_settings
from facesvc.stop import Stop
from gateway.child import Child
from gateway.proxy import envoy_command
from gateway.readiness import active_requests, answers, check_free, health_checks_passed
from gateway.render import in_url, reachable, render
from gateway.settings import GatewaySettings, load_gateway_settings

POLL_S = 0.1
# The server ends within DRAIN_S by itself; beyond that and this it is stuck.
STUCK_AFTER_S = 10.0
FLUSH_S = 5.0
STILL_STARTING_S = 30.0
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Supervisor:
    """Two processes that live and end together."""

    def __init__(self, settings: Settings, config: Path, stop: Stop) -> None:
        self._settings = settings
        self._stop = stop
        self._host = reachable(settings.host)
        self._admin_address = config.with_name("admin")
        self._began = time.monotonic()
        environment = os.environ | {
            "GATEWAY_SECRET": settings.gateway_secret.get_secret_value(),
            "GRPC_SOCKET": settings.grpc_socket,
        }
        environment.pop("GATEWAY_SECRET_FILE", None)  # read here already
        self._server = Child("server", [sys.executable, "-m", "facesvc.serve"], environment)
        self._envoy = Child("gateway", envoy_command(config, self._admin_address), os.environ)

    def run(self) -> int:
        """Watch both until they shall end or one does; return the exit status."""
        ready = False
        remind_at = self._began + STILL_STARTING_S
        while not self._stop.wait(POLL_S):
            for child in (self._server, self._envoy):
                if child.exit_status is not None:
                    _say(f"The {child.name} ended with status {child.exit_status}: stopping.")
                    return 1
            if not ready and self._answers():
                ready = True
                _say(self._ready_line())
            if not ready and time.monotonic() > remind_at:
                _say("Still starting: the gRPC server is not ready yet.")
                remind_at += STILL_STARTING_S
        _say("Stopping: calls in progress may finish (Ctrl-C again ends at once).")
        return 0

    def close(self) -> None:
        """End the server first, so that Envoy still passes on what it answers."""
        self._server.end(self._settings.lame_duck_s + self._settings.drain_s + STUCK_AFTER_S)
        if self._admin_address.exists():
            deadline = time.monotonic() + FLUSH_S
            while active_requests(*self._admin()) and time.monotonic() < deadline:
                time.sleep(POLL_S)
        self._envoy.end(FLUSH_S)

    def kill(self) -> None:
        """End both at once."""
        self._server.kill()
        self._envoy.kill()

    def _answers(self) -> bool:
        if self._settings.tls_client_ca_file:  # this caller has no certificate to show
            return self._admin_address.exists() and health_checks_passed(*self._admin()) > 0
        return answers(self._host, self._settings.port, tls=self._settings.serves_tls)

    def _admin(self) -> tuple[str, int]:
        host, _, port = self._admin_address.read_text().rpartition(":")
        return host.strip("[]"), int(port)

    def _ready_line(self) -> str:
        host = in_url(self._host)
        admin_host, admin_port = self._admin()
        scheme = "https" if self._settings.serves_tls else "http"
        return (
            f"facesvc is ready after {time.monotonic() - self._began:.1f} s. "
            f"REST: {scheme}://{host}:{self._settings.port}  "
            f"gRPC: {host}:{self._settings.grpc_port}  "
            f"gateway metrics: http://{in_url(admin_host)}:{admin_port}/stats/prometheus  "
            "Ctrl-C ends it."
        )


def main() -> int:
    """Run the command line."""
    try:
        settings, gateway = load_settings(), load_gateway_settings()
    except SettingsError as error:
        _say(f"facesvc cannot start; wrong settings:\n{error}")
        return 2
    if gateway.gateway_upstream:
        _say(
            "GATEWAY_UPSTREAM is for python -m gateway.proxy; here the gRPC server is started too."
        )
        return 2
    problems = port_problems(settings)
    if problems:
        _say("\n".join(problems))
        return 1
    try:
        gateway = with_free_admin_port(gateway)
    except OSError as error:
        _say(str(error))
        return 1
    with tempfile.TemporaryDirectory(prefix="facesvc-gateway-") as folder:
        return supervise(settings, gateway, Path(folder))


def with_free_admin_port(gateway: GatewaySettings) -> GatewaySettings:
    """Return the settings, with any free port in place of the default where that is taken. Raises
    OSError that names the variable where somebody chose it.
    """
    host, port = gateway.gateway_admin_host, gateway.gateway_admin_port
    try:
        if port:
            check_free(host, port)
    except OSError as error:
        if "gateway_admin_port" in gateway.model_fields_set or error.errno != errno.EADDRINUSE:
            raise OSError(
                f"GATEWAY_ADMIN_PORT={port} cannot be used on {host}: {error.strerror}. "
                "Set GATEWAY_ADMIN_PORT to a free port, or to 0 for any."
            ) from error
        _say(f"Port {port} (GATEWAY_ADMIN_PORT) is taken: Envoy's metrics get a free one.")
        return gateway.model_copy(update={"gateway_admin_port": 0})
    return gateway


def supervise(settings: Settings, gateway: GatewaySettings, folder: Path) -> int:
    """Run server and Envoy until a signal comes or one of them ends; return the exit status."""
    if not settings.gateway_secret.get_secret_value():  # of these two processes, and nobody else's
        secret = SecretStr(secrets.token_hex(16))
        settings = settings.model_copy(update={"gateway_secret": secret})
    if settings.serves_tls:  # Envoy beside the server needs no certificate of its own
        settings = settings.model_copy(update={"grpc_socket": str(folder / "grpc.sock")})
    config = folder / "envoy.yaml"
    config.write_text(render(settings, gateway, folder))
    stop = Stop(SIGNALS)
    supervisor = Supervisor(settings, config, stop)
    try:
        status = supervisor.run()
        _on_signals(_end_at_once)
        supervisor.close()
    except _EndAtOnce:
        supervisor.kill()
        status = 1
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # Python restores their defaults as it ends
    return status


def port_problems(settings: Settings) -> list[str]:
    """Return what keeps the settings' ports from being listened on, naming the variable."""
    if settings.port == settings.grpc_port:
        return [f"PORT and GRPC_PORT are both {settings.port}: they must differ."]
    problems = []
    for variable, port in (("PORT", settings.port), ("GRPC_PORT", settings.grpc_port)):
        try:
            check_free(settings.host, port)
        except OSError as error:
            if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
                return [f"HOST={settings.host} is no address of this machine: {error.strerror}."]
            problems.append(
                f"{variable}={port} cannot be used on {settings.host}: {error.strerror}. "
                f"Set {variable} to a free port."
            )
    return problems


class _EndAtOnce(Exception):  # noqa: N818 - a request, not an error
    """A second signal came while calls were finishing."""


def _end_at_once(*_: object) -> None:
    _on_signals(lambda *_: None)  # a third one must not interrupt the killing
    raise _EndAtOnce


def _on_signals(handler: Callable[..., None]) -> None:
    for number in SIGNALS:
        signal.signal(number, handler)


def _say(message: str) -> None:
    sys.stderr.write(message + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
