"""Run a command beside a service of its own: with_service.py COMMAND [ARGUMENT ...].

The service listens on free ports and keeps its gallery in memory. The command finds it by
FACESVC_ADDR (gRPC, host:port) and FACESVC_URL (REST); its exit status is this program's.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # run by path, a script sees its own folder only

from gateway.readiness import answers  # noqa: E402 - needs the path above
from harness.ports import free_ports  # noqa: E402

HOST = "127.0.0.1"
START_TIMEOUT_S = 90.0


def main() -> int:
    """Run the command line."""
    if not sys.argv[1:]:
        sys.exit(__doc__)
    rest, grpc = free_ports(2)
    service = subprocess.Popen(
        [sys.executable, "-m", "gateway.run"],
        cwd=ROOT,
        env=os.environ
        | {"HOST": HOST, "PORT": str(rest), "GRPC_PORT": str(grpc), "GATEWAY_ADMIN_PORT": "0"}
        | {"GALLERY_PATH": ":memory:", "REDIS_URL": "", "LOG_LEVEL": "WARNING"},
        stdout=sys.stderr,
    )
    try:
        wait_until_ready(service, rest)
        address = {"FACESVC_ADDR": f"{HOST}:{grpc}", "FACESVC_URL": f"http://{HOST}:{rest}"}
        return subprocess.run(sys.argv[1:], env=os.environ | address, check=False).returncode
    finally:
        service.terminate()
        service.wait()


def wait_until_ready(service: subprocess.Popen[bytes], port: int) -> None:
    """Return when REST answers. Exits when the service ends or takes too long."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while not answers(HOST, port):
        if service.poll() is not None:
            sys.exit("The service did not start; its message is above.")
        if time.monotonic() > deadline:
            sys.exit(f"The service was not ready after {START_TIMEOUT_S:.0f} s.")
        time.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main())
