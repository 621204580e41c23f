"""How long a newcomer waits: from a fresh clone to the first answered search, and a warm start.

Clones this repository into a temporary folder, runs ``make run`` there with empty package
caches, enrols a photo and searches it over REST; then starts the service again. Prints a table
for docs/performance.md. Takes a minute or two and downloads some 300 MB.
"""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from harness.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
GIVE_UP_S = 900.0


def ask(port: int, path: str, photo: bytes | None = None) -> dict[str, Any]:
    """Call REST, with a photo as the body or without one."""
    headers = {"Content-Type": "image/jpeg"} if photo else {}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data=photo, headers=headers)
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        body: dict[str, Any] = json.load(answer)
        return body


def start(folder: Path, environment: dict[str, str], photo: bytes) -> tuple[float, float]:
    """Run the service; return the seconds to health and to the first answered search."""
    port = free_port()
    settings = environment | {"PORT": str(port), "GRPC_PORT": str(free_port())}
    begun = time.monotonic()
    process = subprocess.Popen(
        ["make", "run"],
        cwd=folder,
        env=settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while True:
            try:
                ask(port, "/health")
                break
            except (urllib.error.URLError, ConnectionError):
                if process.poll() is not None or time.monotonic() - begun > GIVE_UP_S:
                    raise SystemExit("make run did not come up") from None
                time.sleep(0.05)
        ready_s = time.monotonic() - begun
        ask(port, "/enroll?user_id=somebody", photo)
        matches = ask(port, "/search", photo)["matches"]
        if [match["user_id"] for match in matches] != ["somebody"]:
            raise SystemExit(f"The search found {matches}.")
        return ready_s, time.monotonic() - begun
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(timeout=60)


def main() -> None:
    """Measure and print."""
    photo = (ROOT / "data" / "samples" / "joe_biden" / "1.jpg").read_bytes()
    with tempfile.TemporaryDirectory() as scratch:
        clone = Path(scratch) / "facesvc"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        environment = os.environ | {
            "PIP_NO_CACHE_DIR": "1",
            "npm_config_cache": str(Path(scratch) / "npm"),
        }
        _, first_s = start(clone, environment, photo)
        warm = sorted(start(clone, environment, photo)[0] for _ in range(5))
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"fresh clone to the first answered search, nothing cached: {first_s:.0f} s")
    print(f"make run to healthy over REST, warm, median of 5: {warm[2]:.2f} s")


if __name__ == "__main__":
    main()
