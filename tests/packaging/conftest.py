"""What is published, built once."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the wheels and the protos' archive."""
    target = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, ROOT / "scripts" / "package.py", str(target)], check=True)
    return target


@pytest.fixture(scope="session")
def protos(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked protos."""
    folder = tmp_path_factory.mktemp("protos")
    (archive,) = dist.glob("facesvc-protos-*.zip")
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(folder)
    return folder
