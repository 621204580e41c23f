"""Redis killed, paused, emptied and trimmed: reads go on, writes fail fast, nothing diverges."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from facesvc.application.call import Call
from facesvc.domain.errors import FaceError, StoreUnavailableError
from facesvc.domain.gallery import WriteReceipt
from harness import redis_servers
from harness.figures import report
from harness.redis_fakes import RecordingSink, enrolment, eventually
from tests.faults.redis_faults import (
    assert_heals,
    assert_writes_fail_fast,
    divergence,
    replica,
)

# 100 for the figure in the docs, which counts those of both servers
KILLS = -(-int(os.environ.get("FACESVC_TEST_KILLS", "6")) // len(redis_servers.ENGINES))


@pytest.fixture(params=redis_servers.ENGINES)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[redis_servers.RedisServer]:
    """Yield a server that the test may maltreat."""
    program = redis_servers.engine(request.param)
    if program.missing:
        pytest.skip(program.missing)
    server = redis_servers.RedisServer(program, tmp_path / "server").start()
    yield server
    server.stop()


def _tell(server: redis_servers.RedisServer, fault: str, **figures: object) -> None:
    """Record a fault's figures; the copies were compared before."""
    key = f"redis-{fault.replace(' ', '-')}-{server.engine.name}"
    report(key, server=f"{server.engine.name} {fault}", divergence=0, **figures)


def test_killed_server_stops_writes_not_reads(server: redis_servers.RedisServer) -> None:
    """While Redis is gone the copy stays, the state says how old it is, then all heals."""
    with replica(server.url) as (store, sink), replica(server.patient_url) as (other, other_sink):
        other.enroll_many([enrolment(f"u{n}", n) for n in range(50)], Call())
        store.wait_for("default", 50, Call(2.0))
        server.kill()
        refused_ms = assert_writes_fail_fast(store)
        eventually(lambda: other.state().state == "degraded", 2.0)
        time.sleep(0.3)
        assert other.state().staleness_s >= 0.3
        assert len(sink.users) == len(other_sink.users) == 50
        server.start()
        healed_s = assert_heals((store, sink), (other, other_sink))
        receipt = other.enroll(enrolment("after", 99), Call())
        store.wait_for("default", receipt.version, Call(2.0))
        assert divergence(server.patient_url, [sink, other_sink]) == 0
        assert sink.resets == other_sink.resets == 1
    _tell(server, "killed", refused_ms=refused_ms, healed_s=round(healed_s, 2))


def test_paused_server_is_noticed_and_forgiven(server: redis_servers.RedisServer) -> None:
    """A server that hangs with its connections open is treated like one that is gone."""
    with replica(server.url) as (store, sink), replica(server.patient_url) as (other, _):
        other.enroll(enrolment("ann", 1), Call())
        store.wait_for("default", 1, Call(2.0))
        server.pause()
        refused_ms = assert_writes_fail_fast(store)
        eventually(lambda: store.state().state == "degraded", 2.0)
        assert len(sink.users) == 1
        server.resume()
        healed_s = assert_heals((store, sink))
        other.enroll(enrolment("bob", 2), Call())
        store.wait_for("default", 2, Call(2.0))
        assert divergence(server.patient_url, [sink]) == 0
    _tell(server, "paused", refused_ms=refused_ms, healed_s=round(healed_s, 2))


def test_replay_after_an_unknown_outcome_is_one_version(
    server: redis_servers.RedisServer,
) -> None:
    """A write that timed out may have happened; its request_id finds out and adds nothing."""
    with replica(server.url) as (store, sink), replica(server.patient_url) as (other, _):
        server.pause()
        with pytest.raises(StoreUnavailableError):
            store.enroll(enrolment("ann", 1, request_id="r-1"), Call())
        server.resume()
        receipts = {
            other.enroll(enrolment("ann", 1, request_id="r-1"), Call()).version for _ in range(5)
        }
        assert receipts == {1}
        eventually(lambda: sink.versions.get("default") == 1)
    report(f"redis-replay-{server.engine.name}", server=server.engine.name, replays=5, versions=1)


@pytest.mark.parametrize("way", ["flushall", "restart"])
def test_emptied_server_empties_the_copy(server: redis_servers.RedisServer, way: str) -> None:
    """Redis is the truth: a copy of what it lost must not go on answering."""
    with replica(server.patient_url) as (store, sink):
        store.enroll_many([enrolment(f"u{n}", n) for n in range(20)], Call())
        if way == "flushall":
            server.client().flushall()
        else:
            server.kill()
            server.wipe()
            server.start()
        eventually(lambda: not sink.users, 3.0)
        eventually(lambda: store.state().state == "ok")
        assert "lost data" in store.state().detail
        store.enroll(enrolment("new", 1), Call())
        assert divergence(server.patient_url, [sink]) == 0
    _tell(server, f"emptied by {way}")


def test_new_history_that_overtakes_is_noticed(server: redis_servers.RedisServer) -> None:
    """Emptied and written past the old version at once: the numbers fit, the nonces do not."""
    with replica(server.patient_url) as (store, sink):
        store.enroll_many([enrolment(f"old-{n}", n) for n in range(10)], Call())
        server.client().flushall()
        store.enroll_many([enrolment(f"new-{n}", n) for n in range(40)], Call())
        eventually(lambda: sink.resets == 2, 3.0)
        assert_heals((store, sink))
        assert {user_id for _, user_id in sink.users} == {f"new-{n}" for n in range(40)}
        assert divergence(server.patient_url, [sink]) == 0
    _tell(server, "overtaken")


def test_restart_that_overtakes_is_noticed(server: redis_servers.RedisServer) -> None:
    """The server loses its files while the replica is cut off, and others write on."""
    with replica(server.patient_url) as (store, sink):
        store.enroll_many([enrolment(f"old-{n}", n) for n in range(10)], Call())
        server.kill()
        server.wipe()
        server.start()
        with replica(server.patient_url) as (writer, _):
            writer.enroll_many([enrolment(f"new-{n}", n) for n in range(40)], Call())
        eventually(lambda: sink.versions.get("default") == 40, 3.0)
        assert_heals((store, sink))
        assert divergence(server.patient_url, [sink]) == 0


def test_trimmed_log_makes_the_replica_load_afresh(server: redis_servers.RedisServer) -> None:
    """A replica that was behind by more than the log holds does not miss a write."""
    with (
        replica(server.patient_url) as (store, sink),
        replica(server.patient_url, log_length=1) as (writer, _),
    ):
        writer.enroll(enrolment("first", 1), Call())
        store.wait_for("default", 1, Call(2.0))
        sink.lock.acquire()  # the follower stands still at its next change
        try:
            writer.enroll(enrolment("held", 2), Call())
            many = [enrolment(f"u{n}", n) for n in range(1500)]
            assert all(isinstance(one, WriteReceipt) for one in writer.enroll_many(many, Call()))
            server.client().xtrim("facesvc:{default}:log", maxlen=1, approximate=False)
        finally:
            sink.lock.release()
        eventually(lambda: sink.versions.get("default") == 1502, 5.0)
        assert sink.resets == 2
        assert_heals((store, sink))
        assert divergence(server.patient_url, [sink]) == 0
    _tell(server, "trimmed")


def test_log_emptied_ahead_of_a_replica_is_noticed(server: redis_servers.RedisServer) -> None:
    """Even with no entry left the counters tell that writes are missing."""
    with replica(server.patient_url) as (store, sink):
        store.enroll(enrolment("ann", 1), Call())
        plain = server.client()
        with plain.pipeline(transaction=True) as pipe:  # a write whose entry nobody sees
            pipe.hset("facesvc:{default}:meta", mapping={"seq": 2, "last": "unseen"})
            pipe.xtrim("facesvc:{default}:log", maxlen=0, approximate=False)
            pipe.execute()
        eventually(lambda: sink.resets == 2, 6.0)


@pytest.mark.timeout(60 + 10 * KILLS)
def test_acknowledged_writes_survive_kills(server: redis_servers.RedisServer) -> None:
    """SIGKILL in the middle of writes, again and again: every acknowledged face is there."""
    acknowledged: set[str] = set()
    attempted: set[str] = set()
    with (
        replica(server.patient_url) as (store, sink),
        replica(server.patient_url) as (other, other_sink),
    ):
        for round_number in range(KILLS):
            halt = threading.Event()
            writers = [
                threading.Thread(
                    target=_write_until,
                    args=(store, f"{round_number}-{n}", halt, acknowledged, attempted),
                )
                for n in range(3)
            ]
            for writer in writers:
                writer.start()
            time.sleep(0.15)
            server.kill()
            halt.set()
            for writer in writers:
                writer.join()
            server.start()
            assert_heals((store, sink), (other, other_sink))
        assert divergence(server.patient_url, [sink, other_sink]) == 0
        users = {user_id for _, user_id in sink.users}
        assert acknowledged <= users <= attempted
        assert len(acknowledged) >= KILLS
    report(
        f"redis-kill-{server.engine.name}",
        server=server.engine.name,
        kills=KILLS,
        answered=len(acknowledged),
        lost=0,
        divergence=0,
    )


def _write_until(
    store: object, prefix: str, halt: threading.Event, done: set[str], tried: set[str]
) -> None:
    number = 0
    while not halt.is_set():
        user_id = f"{prefix}-{number}"
        tried.add(user_id)
        try:
            store.enroll(enrolment(user_id, number), Call())  # type: ignore[attr-defined]
        except FaceError:
            continue
        done.add(user_id)
        number += 1


def test_reads_see_no_gap_while_a_user_is_replaced(server: redis_servers.RedisServer) -> None:
    """A user that is replaced over and over is never missing on another replica."""
    missing = []
    with (
        replica(server.patient_url) as (store, _),
        replica(server.patient_url) as (other, other_sink),
    ):
        store.enroll(enrolment("ann", 0), Call())
        other.wait_for("default", 1, Call(2.0))
        halt = threading.Event()

        def watch(sink: RecordingSink) -> None:
            while not halt.is_set():
                with sink.lock:
                    if len(sink.embeddings.get(("default", "ann"), [])) != 1:
                        missing.append(sink.versions["default"])

        watcher = threading.Thread(target=watch, args=(other_sink,))
        watcher.start()
        for n in range(10):
            store.enroll_many([enrolment("ann", n * 30 + m) for m in range(30)], Call())
        other.wait_for("default", 301, Call(5.0))
        halt.set()
        watcher.join()
        assert missing == []
        assert divergence(server.patient_url, [other_sink]) == 0
