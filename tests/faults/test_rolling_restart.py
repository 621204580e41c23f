"""Replicas behind Envoy that are restarted one after the other, under load."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from benchmarks.load.caller import Plan, Running
from benchmarks.load.replicas import envoy_before, replicas
from harness.figures import record

REPLICAS = 3
RATE = 12.0
PACED = ("-m", "tests.faults.paced_server")


@pytest.mark.parametrize(("lame_duck_s", "seconds"), [(5.0, 30.0), (0.0, 12.0)])
def test_restarts_in_turn_fail_no_call(tmp_path: Path, lame_duck_s: float, seconds: float) -> None:
    """With a lame duck no replica gets a call that it would refuse; without one what it refuses is
    untouched, and Envoy asks the next.
    """
    photo = tmp_path / "anna"
    photo.write_bytes(b"anna\n".ljust(100_000))
    settings = {"LAME_DUCK_S": str(lame_duck_s), "PACE_MS": "80"}
    with (
        replicas(REPLICAS, settings, PACED) as servers,
        envoy_before([each.port for each in servers], tmp_path) as port,
    ):
        time.sleep(1.0)  # until Envoy has seen the health of all three
        running = Running(Plan(f"127.0.0.1:{port}", RATE, seconds, photo=str(photo), connections=4))
        running.begin()
        began = time.monotonic()
        for each in servers:
            time.sleep(1.0)
            each.restart()
        assert time.monotonic() - began < seconds, "calls ended before the restarts did"
        outcome = running.outcome()
    failed = outcome.made - len(outcome.ok_ms)
    record(
        f"restarts_{lame_duck_s:g}",
        f"LAME_DUCK_S {lame_duck_s:g}: {outcome.made} calls, {failed} failed",
    )
    assert failed == 0, outcome.details


def test_server_that_ends_answers_or_says_unavailable(tmp_path: Path) -> None:
    """Without a gateway no call is cut: each is answered, or UNAVAILABLE, which callers try again.
    So many calls that some reach the server in the very moment in which it ends.
    """
    photo = tmp_path / "anna"
    photo.write_bytes(b"anna\n".ljust(1000))
    codes: dict[str, int] = {}
    with replicas(1, {"PACE_MS": "2"}, PACED) as (server,):
        for _ in range(5):
            plan = Plan(f"127.0.0.1:{server.port}", 400.0, 2.5, photo=str(photo), connections=4)
            running = Running(plan)
            running.begin()
            time.sleep(0.7)
            server.restart()
            for code, times in running.outcome().ms.items():
                codes[code] = codes.get(code, 0) + len(times)
    told = ", ".join(f"{count} {code}" for code, count in sorted(codes.items()))
    record("ended", f"5 SIGTERMs at 400 calls/s: {told}")
    assert codes["OK"] > 0
    assert set(codes) <= {"OK", "UNAVAILABLE", "RESOURCE_EXHAUSTED"}
