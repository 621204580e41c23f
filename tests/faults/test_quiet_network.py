"""Nothing that the service does on its own leaves the machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from harness.figures import record
from tests.faults.sealed_network import ENTER, Reach, can_be_sealed, reached_in
from tests.faults.served import ROOT
from tests.gateway.stack import OWN_VARIABLES, free_ports

PORTS = ("PORT", "GRPC_PORT", "METRICS_PORT", "GATEWAY_ADMIN_PORT")
DEFAULTS = (8000, 50051, 9464, 9901)
SECONDS = 300
LOOPBACK = ("127.0.0.1", "::1")
STRAY = """
import contextlib, socket
with socket.socket() as stray, contextlib.suppress(OSError):
    stray.settimeout(0.2)
    stray.connect(("192.0.2.1", 443))
with contextlib.suppress(OSError):
    socket.gethostbyname("example.com")
"""


def sealed(command: list[str], environment: dict[str, str]) -> list[Reach]:
    """Run the command in a network of its own; return whom it wanted to reach."""
    whole = [*ENTER, sys.executable, "-m", "tests.faults.sealed_network", *command]
    ended = subprocess.run(
        whole, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=SECONDS
    )
    assert ended.returncode == 0, ended.stderr
    return [Reach(**each) for each in json.loads(ended.stdout)]


def sampled(command: list[str], environment: dict[str, str], own: set[int]) -> list[Reach]:
    """Run the command and look at its processes' sockets all the time, where users may not have
    networks of their own: what lasts some milliseconds is seen, a look-up without answer too.
    """
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    deadline = time.monotonic() + SECONDS
    found: dict[Reach, None] = {}
    while process.poll() is None and time.monotonic() < deadline:
        found |= dict.fromkeys(open_now(process.pid, own))
        time.sleep(0.002)
    assert process.wait(5) == 0
    return list(found)


def open_now(pid: int, own: set[int]) -> Iterator[Reach]:
    """Yield whom sockets of a process and its descendants are connected to, but those of calls to
    the service.
    """
    with suppress(psutil.Error):
        root = psutil.Process(pid)
        for process in [root, *root.children(recursive=True)]:
            with suppress(psutil.Error):
                for each in process.net_connections("inet"):
                    if each.raddr and each.laddr.port not in own:
                        protocol = "tcp" if each.type == 1 else "udp"
                        host = each.raddr.ip.removeprefix("::ffff:")  # IPv4 by an IPv6 socket
                        yield Reach(protocol, host, each.raddr.port)


def test_whole_run_reaches_nobody_but_itself(tmp_path: Path) -> None:
    """From the models' check to the end, with calls over REST and gRPC: no look-up, no connection
    but to its own ports, and no file in the home folder.
    """
    home = tmp_path / "home"
    home.mkdir()
    environment = {name: value for name, value in os.environ.items() if name not in OWN_VARIABLES}
    environment |= {"HOME": str(home)}
    environment.pop("XDG_CACHE_HOME", None)
    is_sealed = can_be_sealed()
    ports = DEFAULTS if is_sealed else tuple(free_ports(len(PORTS)))
    settings = [f"{name}={port}" for name, port in zip(PORTS, ports, strict=True)]
    command = [sys.executable, "-m", "tests.faults.whole_run", str(tmp_path / "run"), *settings]
    own = set(ports)
    found = sealed(command, environment) if is_sealed else sampled(command, environment, own)
    strangers = [each for each in found if each.host not in LOOPBACK or each.port not in own]
    how = "every packet read" if is_sealed else "sockets sampled"
    record("quiet", f"{len(strangers)} look-ups and connections, {how}")
    assert strangers == []
    assert {each.port for each in found} >= set(ports[:2])  # it was looked at
    assert [str(file) for file in home.rglob("*")] == []


def test_watch_sees_a_look_up_and_a_connection() -> None:
    """Else the test above could not fail."""
    if can_be_sealed():
        impatient = os.environ | {"RES_OPTIONS": "timeout:1 attempts:1"}
        found = sealed([sys.executable, "-c", STRAY], impatient)
        assert Reach("tcp", "192.0.2.1", 443) in found
        assert any((each.protocol, each.port) == ("udp", 53) for each in found)
    (port,) = free_ports(1)
    listens = f"import socket, time; s = socket.create_server(('127.0.0.1', {port}))"
    calls = f"c = socket.create_connection(('127.0.0.1', {port})); time.sleep(0.5)"
    command = [sys.executable, "-c", f"{listens}; {calls}"]
    assert Reach("tcp", "127.0.0.1", port) in sampled(command, dict(os.environ), set())


def test_packets_are_read_as_they_are() -> None:
    """A SYN and a datagram are reaches, an answer is none."""
    ethernet, source = bytes(14), bytes((127, 0, 0, 1))
    ip = bytes((0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0)) + source + bytes((10, 0, 0, 7))
    tcp = (40000).to_bytes(2, "big") + (443).to_bytes(2, "big") + bytes(9)
    assert reached_in(ethernet + ip + tcp + b"\x02" + bytes(6)) == Reach("tcp", "10.0.0.7", 443)
    assert reached_in(ethernet + ip + tcp + b"\x12" + bytes(6)) is None
    assert reached_in(ethernet[:5]) is None
