"""What the packages say of themselves."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import facesvc

ROOT = Path(__file__).resolve().parents[2]


def test_dependencies_are_those_of_the_lock() -> None:
    """But for OpenCV and the runtime, whose builds are chosen elsewhere."""

    def names(lines: list[str]) -> set[str]:
        found = {re.split(r"[\s<>=\[;#]", line)[0] for line in lines if line[:1].isalpha()}
        return found - {"opencv-python", "opencv-python-headless", "onnxruntime"}

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = (ROOT / "requirements" / "runtime.in").read_text().splitlines()
    assert names(project["dependencies"]) == names(wanted)


def test_clients_have_the_services_version() -> None:
    """They are published together."""
    python = tomllib.loads((ROOT / "clients" / "python" / "pyproject.toml").read_text())
    typescript = json.loads((ROOT / "clients" / "typescript" / "package.json").read_text())
    assert python["project"]["version"] == facesvc.__version__
    assert typescript["version"] == facesvc.__version__
