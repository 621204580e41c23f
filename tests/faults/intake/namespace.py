"""Runs enclosed.py in a network of its own, where the kernel allows that."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
# As root directly, otherwise as root of a user namespace.
_UNSHARE = ("unshare", "-n", "-m") if os.geteuid() == 0 else ("unshare", "-U", "-r", "-n", "-m")


@cache
def why_not() -> str:
    """Return why namespaces cannot be used here; "" when they can."""
    for tool in ("unshare", "ip", "mount"):
        if shutil.which(tool) is None:
            return f"{tool} is not installed"
    probe = "ip link set lo up && ip route add local 0.0.0.0/0 dev lo && mount --bind /etc /etc"
    result = subprocess.run([*_UNSHARE, "sh", "-c", probe], capture_output=True, text=True)
    return "" if result.returncode == 0 else f"no network namespaces here: {result.stderr.strip()}"


needs_namespace = pytest.mark.skipif(
    bool(why_not()), reason=f"needs a private network namespace: {why_not()}"
)


def run_enclosed(*arguments: str, **environment: str) -> dict[str, Any]:
    """Run one mode of enclosed.py inside and return what it reports."""
    result = subprocess.run(
        [*_UNSHARE, sys.executable, "-m", "tests.faults.intake.enclosed", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert result.returncode == 0, result.stderr[-4000:]
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer
