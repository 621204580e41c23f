"""One version, in facesvc/__init__.py."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import yaml

from facesvc import __version__

ROOT = Path(__file__).resolve().parents[2]


def test_the_package_has_the_version_from_the_code() -> None:
    """The build backend reads it from there."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert "version" in project["project"]["dynamic"]
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "facesvc.__version__"}


def test_openapi_and_the_image_have_the_version() -> None:
    """What a client and an operator look at."""
    openapi = yaml.safe_load((ROOT / "gateway" / "openapi.yaml").read_text())
    assert openapi["info"]["version"] == __version__
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert re.findall(r"^ARG VERSION=(.*)$", dockerfile, re.MULTILINE) == [__version__]
    assert 'org.opencontainers.image.version="$VERSION"' in dockerfile


def test_a_released_version_has_its_changes_and_its_contract() -> None:
    """The changelog's newest number is the version, and its contract is kept to compare with."""
    changes = re.findall(r"^## (\d\S*)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert changes[0] == __version__
    assert {path.stem for path in (ROOT / "protos" / "releases").glob("*.binpb")} == set(changes)
