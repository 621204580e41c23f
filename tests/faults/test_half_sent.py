"""Callers that open calls and never send the whole of their messages."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from benchmarks.load.caller import HEALTH, Outcome, Plan, Running, percentile
from harness.figures import record
from tests.gateway.stack import ROOT, Stack, running

PHOTO = ROOT / "data" / "samples" / "emmanuel_macron" / "1.jpg"
MIB = 2**20
SECONDS = 10.0
EMBED = "/facesvc.v1.FaceService/Embed"
# connections, calls on each, bytes of a message that is never whole
ATTACKS = {"one connection": (1, 2000, 9 * MIB), "twenty connections": (20, 100, 9 * MIB)}


@contextmanager
def attacking(port: int, connections: int, calls: int, bytes_: int) -> Iterator[None]:
    """Run the attacker in a process of its own, until it is left."""
    plan = json.dumps([port, EMBED, connections, calls, bytes_])
    command = [sys.executable, "-m", "tests.faults.half_sent", plan]
    attacker = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert attacker.stdout is not None
        assert attacker.stdout.readline()  # everything is half sent
        yield
    finally:
        attacker.kill()
        attacker.wait()


def rss_mib(stack: Stack) -> dict[str, float]:
    """Return the resident memory of the server and Envoy, MiB by the process's name."""
    processes = [psutil.Process(pid) for pid in stack.children]
    return {each.name(): each.memory_info().rss / MIB for each in processes}


@pytest.mark.parametrize("by", ["grpc", "envoy"])
@pytest.mark.parametrize("attack", ATTACKS)
def test_half_sent_calls_stop_nobody(attack: str, by: str, tmp_path: Path) -> None:
    """Neither another caller, on either port, nor health; and memory stays bounded."""
    connections, calls, bytes_ = ATTACKS[attack]
    with running(tmp_path, LOG_LEVEL="WARNING") as stack:
        grpc, rest = stack.grpc_target, f"127.0.0.1:{stack.rest.port}"
        embed = {"rate": 2.0, "seconds": SECONDS, "photo": str(PHOTO)}
        for target in (grpc, rest):  # so that what a first call allocates is there before
            Running(Plan(target, 5.0, 1.0, photo=str(PHOTO))).finish()
        before = rss_mib(stack)
        port = int(grpc.rpartition(":")[2]) if by == "grpc" else stack.rest.port
        plans = [Plan(grpc, **embed), Plan(rest, **embed), Plan(grpc, 20.0, SECONDS, HEALTH)]
        callers = [Running(plan) for plan in plans]
        with attacking(port, connections, calls, bytes_):
            for each in callers:
                each.begin()
            outcomes = [each.outcome() for each in callers]
            after = rss_mib(stack)
    growth = {name: after[name] - before[name] for name in before}
    _report(f"half_sent_{by}_{connections}", outcomes, growth)
    assert all(outcome.success >= 0.99 for outcome in outcomes), [
        outcome.details for outcome in outcomes
    ]
    assert percentile(outcomes[2].ok_ms, 50) < 100
    assert max(growth.values()) < 256


def _report(key: str, outcomes: list[Outcome], growth: dict[str, float]) -> None:
    answered = min(outcome.success for outcome in outcomes[:2])
    health = outcomes[2].ok_ms
    record(
        key,
        f"other callers {answered:.0%} answered, health p50 {percentile(health, 50):.0f} ms"
        f" p99 {percentile(health, 99):.0f} ms, RSS +{max(growth.values()):.0f} MiB",
    )
