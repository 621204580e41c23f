"""The Python attendance example, as its user runs it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.integration.conftest import SAMPLES, live_service

ROOT = SAMPLES.parents[1]
EXAMPLE = ROOT / "clients" / "python" / "examples" / "attendance.py"


def run(address: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the example against a service."""
    environment = os.environ | {
        "FACESVC_SERVER": address,
        "PYTHONPATH": str(ROOT / "clients" / "python" / "src"),
    }
    command = [sys.executable, str(EXAMPLE), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


def test_staff_is_enrolled_and_selfies_are_decided_on(tmp_path: Path) -> None:
    """Known, unknown, and no face at all."""
    staff, selfies = tmp_path / "staff", tmp_path / "selfies"
    for name in ("barack_obama/1.jpg", "barack_obama/2.jpg", "emmanuel_macron/1.jpg"):
        (staff / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SAMPLES / name, staff / name)
    selfies.mkdir()
    shutil.copy(SAMPLES / "barack_obama" / "3.jpg", selfies / "0800.jpg")
    shutil.copy(SAMPLES / "joe_biden" / "1.jpg", selfies / "0801.jpg")
    (selfies / "0802.jpg").write_bytes(b"no photo")
    with live_service() as live:
        enrolled = run(live.address, "enrol", str(staff))
        assert (enrolled.returncode, enrolled.stdout) == (0, "3 of 3 photos enrolled, 2 people\n")
        decided = run(live.address, "identify", str(selfies), "--skip-liveness")
        assert decided.returncode == 3
        events = [json.loads(line) for line in decided.stdout.splitlines()]
        assert [event["decision"] for event in events] == ["MATCH", "NO_MATCH", "ERROR"]
        assert events[0]["user_id"] == "barack_obama"
        assert live.gallery.GetEnrollment(get("barack_obama")).samples == 2


def get(user_id: str) -> object:
    """The request for a user."""
    from facesvc.v1 import gallery_service_pb2 as pb

    return pb.GetEnrollmentRequest(user_id=user_id)
