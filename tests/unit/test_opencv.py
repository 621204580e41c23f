"""A start without a working OpenCV, or with two of them, says what is wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NO_LIBGL = "libGL.so.1: cannot open shared object file: No such file or directory"


def started(folder: Path) -> tuple[int, str]:
    """Start the server with a folder before all others on the path, and without models to serve.

    Returns its exit status and what it told.
    """
    environment = os.environ | {"PYTHONPATH": f"{folder}:{ROOT}", "MODEL_ROOT": str(folder)}
    run = subprocess.run(
        [sys.executable, "-m", "facesvc.serve"],
        env=environment | {"MODEL_PACK": "none"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return run.returncode, run.stdout + run.stderr


def test_an_opencv_that_does_not_load_is_named_with_what_to_do(tmp_path: Path) -> None:
    """As where pip chose the build with windows and there is no screen."""
    (tmp_path / "cv2.py").write_text(f"raise ImportError({NO_LIBGL!r})")
    status, told = started(tmp_path)
    assert status == 1
    assert NO_LIBGL in told
    assert "apt install libgl1" in told
    assert "opencv-python-headless" in told
    assert "Traceback" not in told


def test_two_builds_of_opencv_are_warned_about(tmp_path: Path) -> None:
    """One lies over the other: which one works is chance. One alone is no news."""
    assert "several builds" not in started(tmp_path)[1]
    info = tmp_path / "opencv_python-4.14.0.94.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: opencv-python\nVersion: 4.14\n")
    _, told = started(tmp_path)
    assert "several builds of OpenCV" in told
    assert "opencv-python 4.14" in told
