"""Clients that ping, as meshes and mobile clients do."""

from __future__ import annotations

import time
from pathlib import Path

import grpc
import pytest

from benchmarks.load.replicas import envoy_before, replicas
from facesvc.v1 import face_service_pb2 as pb
from facesvc.v1.face_service_pb2_grpc import FaceServiceStub
from harness.figures import record

PACED = ("-m", "tests.faults.paced_server")
PING_S = 5.5  # grpcio pings no more often than every 5 s; meshes and mobile clients every 10 s
SECONDS = 26.0  # a server with the usual options hangs up at the fourth ping


@pytest.mark.parametrize("calls", ["without calls", "with calls"])
def test_clients_that_ping_keep_their_connection(tmp_path: Path, calls: str) -> None:
    """Directly and through Envoy, idle or not."""
    options = [
        ("grpc.keepalive_time_ms", round(PING_S * 1000)),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.max_pings_without_data", 0),
        ("grpc.use_local_subchannel_pool", 1),
    ]
    lost: list[str] = []
    with (
        replicas(1, {}, PACED) as (server,),
        envoy_before([server.port], tmp_path) as port,
        grpc.insecure_channel(f"127.0.0.1:{server.port}", options) as direct,
        grpc.insecure_channel(f"127.0.0.1:{port}", options) as gateway,
    ):
        ways = {"direct": direct, "gateway": gateway}
        for name, channel in ways.items():
            FaceServiceStub(channel).GetHealth(pb.GetHealthRequest(), timeout=5)

            def watch(state: grpc.ChannelConnectivity, name: str = name) -> None:
                if state is not grpc.ChannelConnectivity.READY:
                    lost.append(f"{name}: {state.name}")

            channel.subscribe(watch, try_to_connect=True)
        began = time.monotonic()
        while time.monotonic() - began < SECONDS:
            time.sleep(1.0)
            for channel in ways.values() if calls == "with calls" else ():
                FaceServiceStub(channel).GetHealth(pb.GetHealthRequest(), timeout=5)
        lost = [each for each in lost if "CONNECTING" not in each]
        for channel in ways.values():
            assert FaceServiceStub(channel).GetHealth(pb.GetHealthRequest(), timeout=5).status
    record(f"pings_{calls.split()[0]}", f"{calls}, {SECONDS:.0f} s: {len(lost)} connections lost")
    assert lost == []
