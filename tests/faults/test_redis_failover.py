"""Sentinel replaces a dead or a hanging primary while replicas write and follow."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from facesvc.application.call import Call
from facesvc.domain.errors import FaceError
from facesvc.gallery.stores.redis.store import RedisStore
from harness import redis_servers
from harness.figures import report
from harness.redis_fakes import enrolment, eventually, face
from harness.redis_groups import Sentinels, sentinel_group
from tests.faults.redis_faults import divergence, replica

FAILOVER_S = 30.0  # down-after 0.6 s, a vote, the promotion; far longer on a busy machine
SAFE = {"min-replicas-to-write": "1", "min-replicas-max-lag": "2"}


@pytest.fixture(params=redis_servers.ENGINES)
def group(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sentinels]:
    """Yield a primary with two replicas and three sentinels, set up as the docs recommend."""
    program = redis_servers.engine(request.param)
    if program.missing:
        pytest.skip(program.missing)
    with sentinel_group(program, tmp_path, SAFE) as running:
        yield running


def test_purge_reaches_the_files_of_the_replicas(group: Sentinels) -> None:
    """A deleted user is gone from the append-only files of the primary and both replicas."""
    with replica(f"{group.url}?write_timeout_ms=5000") as (store, _):
        store.enroll(enrolment("ann-the-erased", 1), Call())
        store.enroll(enrolment("bob", 2), Call())
        needle = face(1).tobytes()[:64]
        eventually(lambda: all(_holds(server, needle) for server in group.servers), 20)
        store.delete("default", "ann-the-erased", Call())
        receipt = store.purge(Call(60.0))
        assert sum("append-only" in place for place in receipt.places) == 3
        assert not any(_holds(server, needle) for server in group.servers)
    report(f"redis-erasure-replicas-{group.engine}", servers=f"3 {group.engine}", files=3, left=0)


def _holds(server: redis_servers.RedisServer, needle: bytes) -> bool:
    files = [path for path in server.folder.rglob("*") if path.is_file()]
    return any(needle in path.read_bytes() for path in files)


class Writers:
    """Threads that enrol without pause and note what was acknowledged."""

    def __init__(self, store: RedisStore, threads: int = 2) -> None:
        self.acknowledged: list[str] = []
        self._store = store
        self._halt = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(n,)) for n in range(threads)]

    def __enter__(self) -> Writers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._halt.set()
        for thread in self._threads:
            thread.join()

    def _run(self, name: int) -> None:
        number = 0
        while not self._halt.is_set():
            number += 1
            user_id = f"{name}-{number}"
            try:
                self._store.enroll(enrolment(user_id, number), Call())
            except FaceError:
                time.sleep(0.01)
                continue
            self.acknowledged.append(user_id)


@pytest.mark.parametrize("fault", ["kill", "pause"])
def test_failover_loses_no_acknowledged_write(group: Sentinels, fault: str) -> None:
    """With wait_replicas=1 every acknowledged face is on the new primary, and on every copy."""
    url = f"{group.url}?wait_replicas=1"
    old = group.servers[0]
    with replica(url) as (store, sink), replica(url) as (other, other_sink):
        with Writers(store) as writers:
            eventually(lambda: len(writers.acknowledged) > 50, 20)
            old.kill() if fault == "kill" else old.pause()
            before = len(writers.acknowledged)
            held = len(other_sink.users)
            eventually(lambda: group.primary_port() != old.port, FAILOVER_S)
            eventually(lambda: len(writers.acknowledged) > before + 50, FAILOVER_S)
            assert len(other_sink.users) >= held
            if fault == "pause":
                old.resume()  # believes itself the primary until the sentinels correct it
                eventually(lambda: old.client().info("replication")["role"] == "slave", 30)
        eventually(lambda: store.state().state == other.state().state == "ok", 10)
        assert divergence(url, [sink, other_sink]) == 0
        lost = set(writers.acknowledged) - {user_id for _, user_id in other_sink.users}
        assert not lost
    report(
        f"redis-failover-{fault}-{group.engine}",
        primary=f"{group.engine} {fault}ed".replace("eed", "ed"),
        answered=len(writers.acknowledged),
        lost=0,
        divergence=0,
    )
