"""The standard services, and the generated files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

from facesvc.transport.contract import SERVICES
from tests.contract.conftest import InProcess

ROOT = Path(__file__).resolve().parents[2]


def test_health_service_knows_every_service_and_follows_the_drain(service: InProcess) -> None:
    """SERVING once started, NOT_SERVING as soon as the drain begins."""
    stub = health_pb2_grpc.HealthStub(service.channel)
    for name in ("", *SERVICES):
        answer = stub.Check(health_pb2.HealthCheckRequest(service=name))
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
    service.server.health.enter_graceful_shutdown()
    answer = stub.Check(health_pb2.HealthCheckRequest())
    assert answer.status == health_pb2.HealthCheckResponse.NOT_SERVING


def test_reflection_lists_both_services(service: InProcess) -> None:
    """Grpcurl works without proto files."""
    listed = ProtoReflectionDescriptorDatabase(service.channel).get_services()
    assert set(SERVICES) <= set(listed)


@pytest.mark.parametrize(
    ("symbol", "file"),
    [
        ("facesvc.v1.GalleryService.CheckIn", "facesvc/v1/gallery_service.proto"),
        ("facesvc.v1.FaceService.StreamEmbed", "facesvc/v1/face_service.proto"),
        ("facesvc.v1.FaceService", "facesvc/v1/face_service.proto"),
        ("facesvc.v1.CheckInResponse.Decision", "facesvc/v1/gallery_service.proto"),
        ("grpc.health.v1.Health.Check", "grpc_health/v1/health.proto"),
    ],
)
def test_reflection_knows_services_messages_and_methods(
    service: InProcess, symbol: str, file: str
) -> None:
    """Grpcurl describe shows each of them."""
    database = ProtoReflectionDescriptorDatabase(service.channel)
    assert database.FindFileContainingSymbol(symbol).name == file


@pytest.mark.parametrize(
    "symbol", ["facesvc.v1.FaceService.Nonsense", "facesvc.v1.Nonsense.Embed", "nonsense", ""]
)
def test_reflection_does_not_know_what_is_not_there(service: InProcess, symbol: str) -> None:
    """NOT_FOUND to the asker, no failure of the stream."""
    with pytest.raises(KeyError):
        ProtoReflectionDescriptorDatabase(service.channel).FindFileContainingSymbol(symbol)


@pytest.mark.parametrize("version", ["grpc-v1", "grpc-v1alpha"])
def test_a_program_calls_by_reflection_of_either_version(service: InProcess, version: str) -> None:
    """Buf asks for one version alone: it lists the services and calls one without proto files."""
    address = f"http://127.0.0.1:{service.server.port}"
    asked = ["--http2-prior-knowledge", "--protocol", "grpc", "--reflect-protocol", version]
    listed = run("buf", "curl", *asked, "--list-services", address).split()
    assert set(SERVICES) < set(listed)
    method = f"{address}/facesvc.v1.FaceService/GetHealth"
    assert json.loads(run("buf", "curl", *asked, method))["model"]["recognizer"] == "digest"


def test_grpcurl_lists_describes_and_calls(service: InProcess) -> None:
    """Both versions of reflection are among the services, and are described."""
    address = f"127.0.0.1:{service.server.port}"
    listed = run("grpcurl", "-plaintext", address, "list").split()
    assert {*SERVICES, "grpc.reflection.v1.ServerReflection"} <= set(listed)
    for name in listed:
        assert f"{name} is a service" in run("grpcurl", "-plaintext", address, "describe", name)
    called = run("grpcurl", "-plaintext", address, "facesvc.v1.FaceService/GetHealth")
    assert json.loads(called)["model"]["recognizer"] == "digest"


def run(program: str, *arguments: str) -> str:
    """Run a program of the environment and return what it answers."""
    command = [str(Path(sys.executable).with_name(program)), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_generated_files_are_what_the_protos_give() -> None:
    """Somebody who edits a proto runs make proto."""
    check = subprocess.run(
        [sys.executable, "scripts/generate_stubs.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert check.returncode == 0, check.stderr
