"""The protos by themselves: their folder is the only import path."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import grpc_tools
import pytest

from tests.integration.conftest import Live, live_service

BIN = Path(sys.executable).parent
BUILT_IN = Path(grpc_tools.__file__).parent / "_proto"  # a protoc of its own has these inside


def test_protoc_compiles_them(protos: Path, tmp_path: Path) -> None:
    """Everything that is imported is there."""
    sources = [str(path.relative_to(protos)) for path in protos.rglob("*.proto")]
    command = [sys.executable, "-m", "grpc_tools.protoc", "-I.", f"-I{BUILT_IN}"]
    subprocess.run([*command, f"--pyi_out={tmp_path}", *sources], cwd=protos, check=True)
    assert (tmp_path / "facesvc" / "v1" / "gallery_service_pb2.pyi").exists()


@pytest.mark.parametrize(
    "described",
    [
        ("-import-path", ".", "-proto", "facesvc/v1/face_service.proto"),
        ("-protoset", "facesvc.binpb"),
    ],
)
def test_grpcurl_calls_without_reflection(protos: Path, described: tuple[str, ...]) -> None:
    """A server may have turned it off."""
    with live_service(grpc_reflection=False) as live:
        assert "ok" in grpcurl(protos, described, live)


def grpcurl(protos: Path, described: tuple[str, ...], live: Live) -> str:
    """Ask for the health."""
    command = [str(BIN / "grpcurl"), "-plaintext", *described, live.address]
    asked = subprocess.run(
        [*command, "facesvc.v1.FaceService/GetHealth"],
        cwd=protos,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert asked.returncode == 0, asked.stderr
    return asked.stdout


def test_archive_is_the_same_each_time(dist: Path, tmp_path: Path) -> None:
    """Its digest can be published."""
    from tests.packaging.conftest import ROOT

    again = tmp_path / "again.zip"
    subprocess.run([sys.executable, ROOT / "scripts" / "archive_protos.py", str(again)], check=True)
    (first,) = dist.glob("facesvc-protos-*.zip")
    assert first.read_bytes() == again.read_bytes()
