"""OpenCV as it is installed: whether it loads, and whether one build lies over another.

It comes in four builds that provide the same module, so that pip sees no conflict. InsightFace asks
for the one with windows by name, which wants libraries that servers rarely have.
"""

from __future__ import annotations

import importlib
from importlib.metadata import PackageNotFoundError, version

BUILDS = (
    "opencv-python",
    "opencv-python-headless",
    "opencv-contrib-python",
    "opencv-contrib-python-headless",
)
HEADLESS = "pip install --force-reinstall --no-deps 'opencv-python-headless<5'"


class OpenCVError(Exception):
    """OpenCV cannot be loaded; the message says why and what to install."""


def load_opencv() -> None:
    """Import OpenCV. Raises OpenCVError."""
    try:
        importlib.import_module("cv2")
    except ImportError as error:
        raise OpenCVError(
            f"OpenCV cannot be loaded: {error}. The build with windows ({BUILDS[0]}) wants the"
            f" system's libGL (apt install libgl1); without a screen take the other one: {HEADLESS}"
        ) from error


def installed_builds() -> list[str]:
    """Return the builds that are installed; of several, the last one's files won."""
    found = []
    for name in BUILDS:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return found
