"""Figures that the fault tests measure, for docs: one JSON line each into FACESVC_FIGURES."""

from __future__ import annotations

import json
import os
from pathlib import Path


def report(test: str, **figures: object) -> None:
    """Append the figures of a test to the file that the environment names, if it names one."""
    target = os.environ.get("FACESVC_FIGURES")
    if target:
        with Path(target).open("a") as lines:
            lines.write(json.dumps({"test": test, **figures}) + "\n")
