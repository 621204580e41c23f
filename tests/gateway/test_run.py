"""The supervisor behind make run: ready, stopping, dying, side by side."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import psutil
import pytest

from facesvc.v1 import face_service_pb2
from facesvc.v1.face_service_pb2_grpc import FaceServiceStub
from gateway.run import with_free_admin_port
from gateway.settings import GatewaySettings
from tests.gateway.conftest import SAMPLES
from tests.gateway.rest import Answer
from tests.gateway.stack import OWN_VARIABLES, ROOT, Stack, launch, listens, running

IN_MEMORY = {"GALLERY_PATH": ":memory:"}
PATIENCE_S = 20.0


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Stack]:
    """A service that the test may end."""
    with running(tmp_path, **IN_MEMORY) as stack:
        yield stack


def wait_until_gone(pids: list[int]) -> None:
    """Fail when one of the processes is still there after a while."""
    deadline = time.monotonic() + PATIENCE_S
    while left := [pid for pid in pids if psutil.pid_exists(pid)]:
        assert time.monotonic() < deadline, f"left running: {left}"
        time.sleep(0.05)


def try_to_run(**variables: str) -> subprocess.CompletedProcess[str]:
    """Start a service that is expected to give up."""
    environment = {name: value for name, value in os.environ.items() if name not in OWN_VARIABLES}
    return subprocess.run(
        [sys.executable, "-m", "gateway.run"],
        cwd=ROOT,
        env=environment | variables,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_ready_means_that_both_answer(own: Stack) -> None:
    """The line comes when gRPC and REST do, and names where they are."""
    assert own.rest.get("/health").status == 200
    with grpc.insecure_channel(own.grpc_target) as channel:
        answer = FaceServiceStub(channel).GetHealth(face_service_pb2.GetHealthRequest())
    assert answer.status == "ok"
    assert f"REST: http://127.0.0.1:{own.rest.port}" in own.log
    assert f"gRPC: {own.grpc_target}" in own.log


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_both_and_leaves_nothing_running(own: Stack, number: signal.Signals) -> None:
    """Exit status 0, no process, no port."""
    children = own.children
    assert len(children) == 2
    assert own.stop(number) == 0
    wait_until_gone(children)
    assert not listens(own.rest.port)
    assert "Traceback" not in own.log


def test_many_signals_end_both_as_well(own: Stack) -> None:
    """At once, with calls in progress; nothing hangs, nothing is left running."""
    children, photo = own.children, (SAMPLES / "group.jpg").read_bytes()
    with ThreadPoolExecutor(4) as callers:
        calls = [callers.submit(own.rest.post_photo, "/analyze", photo) for _ in range(4)]
        time.sleep(0.3)
        for number in (signal.SIGINT, signal.SIGTERM) * 10:
            own.process.send_signal(number)
            time.sleep(0.002)
        assert own.process.wait(PATIENCE_S) in (0, 1)
        for call in calls:
            call.exception()  # answered, or cut off
    wait_until_gone(children)
    assert "Traceback" not in own.log


def test_a_call_in_progress_is_answered_while_stopping(own: Stack) -> None:
    """Through Envoy, to the end."""
    photo = (SAMPLES / "group.jpg").read_bytes()
    answers: list[Answer] = []
    callers = [
        threading.Thread(target=lambda: answers.append(own.rest.post_photo("/analyze", photo)))
        for _ in range(6)
    ]
    for caller in callers:
        caller.start()
    deadline = time.monotonic() + PATIENCE_S
    while not answers and time.monotonic() < deadline:
        time.sleep(0.005)
    in_progress = len(callers) - len(answers)
    status = own.stop()
    for caller in callers:
        caller.join(PATIENCE_S)
    assert in_progress > 0, "all were answered before the signal"
    assert [answer.status for answer in answers] == [200] * len(callers)
    assert status == 0


@pytest.mark.parametrize("which", ["facesvc.serve", "envoy"])
def test_when_one_dies_the_other_is_ended_and_the_exit_status_tells(own: Stack, which: str) -> None:
    """An orchestrator sees the failure and starts anew."""
    children = own.children
    (victim,) = [pid for pid in children if which in " ".join(psutil.Process(pid).cmdline()[:3])]
    os.kill(victim, signal.SIGKILL)
    assert own.process.wait(PATIENCE_S) == 1
    wait_until_gone(children)
    assert "ended with status -9" in own.log


def test_killing_the_supervisor_leaves_no_orphans(own: Stack) -> None:
    """The kernel tells the children."""
    children = own.children
    own.process.kill()
    own.process.wait(PATIENCE_S)
    wait_until_gone(children)


def test_two_instances_run_side_by_side(own: Stack, tmp_path: Path) -> None:
    """Each with its own ports and gallery; ending one leaves the other."""
    with running(tmp_path / "second", MATCH_THRESHOLD="0.6", **IN_MEMORY) as second:
        assert own.rest.get("/health").body["match_threshold"] == pytest.approx(0.45)
        assert second.rest.get("/health").body["match_threshold"] == pytest.approx(0.6)
    assert own.rest.get("/health").status == 200


@pytest.mark.parametrize("variable", ["PORT", "GRPC_PORT"])
def test_a_port_in_use_is_named_by_its_variable(variable: str) -> None:
    """Before anything is started."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = try_to_run(**{"PORT": "1", "GRPC_PORT": "2"} | {variable: str(port)})
    assert ended.returncode == 1
    assert f"{variable}={port} cannot be used on 127.0.0.1" in ended.stderr


def test_taken_port_of_envoys_metrics_is_named_where_it_was_chosen() -> None:
    """Chosen, it ends the start; the default gives way to a free one."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        chosen = GatewaySettings(gateway_admin_port=port)
        with pytest.raises(OSError, match=f"GATEWAY_ADMIN_PORT={port} cannot be used"):
            with_free_admin_port(chosen)
        default = GatewaySettings.model_construct(
            gateway_admin_host="127.0.0.1", gateway_admin_port=port, _fields_set=set()
        )
        assert with_free_admin_port(default).gateway_admin_port == 0
    assert with_free_admin_port(chosen) == chosen


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"PORT": "eight"}, "PORT"),
        ({"PORT": "8000", "GRPC_PORT": "8000"}, "PORT and GRPC_PORT"),
        ({"HOST": "192.0.2.1"}, "HOST=192.0.2.1"),
        ({"GATEWAY_ADMIN_PORT": "-1"}, "GATEWAY_ADMIN_PORT"),
        ({"GATEWAY_UPSTREAM": "elsewhere:50051"}, "GATEWAY_UPSTREAM"),
    ],
)
def test_a_wrong_setting_is_named(variables: dict[str, str], named: str) -> None:
    """On one line or two, without a traceback."""
    ended = try_to_run(**variables)
    assert ended.returncode in (1, 2)
    assert named in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_server_that_cannot_start_ends_the_gateway_as_well(tmp_path: Path) -> None:
    """The server's own words say why."""
    stack = launch(tmp_path, MODEL_PACK=str(tmp_path / "no-such-pack"))
    assert stack.process.wait(PATIENCE_S) == 1
    assert "no-such-pack" in stack.log
    assert not listens(stack.rest.port)
