"""A full disk: writes are refused with a clear error, reads go on, and room heals it."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from harness.figures import report

CHILD = Path(__file__).with_name("disk_full_child.py")


def _check(output: str, kind: str) -> None:
    seen = json.loads(output.splitlines()[-1])
    assert seen["enrolled"] > 20
    assert seen["full_state"] == "degraded"
    assert seen["refusals"] > 0
    assert seen["reads_answered"] == seen["reads"]
    assert seen["state_after"] == "ok"
    assert seen["kept"], "what was answered is not what the file holds"
    report(f"disk-full-{kind}", reads=seen["reads"], answered=seen["reads_answered"])


def test_file_that_may_not_grow_refuses_writes_and_serves_reads(tmp_path: Path) -> None:
    """RLIMIT_FSIZE stands for the disk: it needs no root."""
    done = subprocess.run(
        [sys.executable, str(CHILD), str(tmp_path), "limit"],
        check=True,
        capture_output=True,
        text=True,
    )
    _check(done.stdout, "limit")


def test_full_disk_refuses_writes_and_serves_reads(tmp_path: Path) -> None:
    """A small tmpfs in a mount namespace of its own."""
    mount = f"mount -t tmpfs -o size=4m tmpfs {shlex.quote(str(tmp_path))}"
    namespace = ["unshare", "--mount", "--map-root-user", "sh", "-c"]
    try:
        allowed = subprocess.run([*namespace, mount], capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("unshare is not installed")
    if allowed.returncode:
        pytest.skip(f"no tmpfs here: {allowed.stderr.decode().strip()}")
    child = shlex.join([sys.executable, str(CHILD), str(tmp_path), "tmpfs"])
    done = subprocess.run(
        [*namespace, f"{mount} && exec {child}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    _check(done.stdout, "tmpfs")
