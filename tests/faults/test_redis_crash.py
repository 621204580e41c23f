"""A replica of the service is killed in the middle of its writes to Redis."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from facesvc.gallery.stores.redis.store import RedisStore
from harness import redis_servers
from harness.figures import report
from harness.redis_fakes import RecordingSink
from tests.faults.redis_faults import divergence
from tests.faults.test_gallery_crash import KILLS, SEEDS, Promises, killed_writer
from tests.unit.gallery.gallery_fixtures import DIGEST, opened

KILLS_A_SERVER = -(-KILLS // len(redis_servers.ENGINES))  # the figure counts those of both


@pytest.fixture(params=redis_servers.ENGINES)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[redis_servers.RedisServer]:
    """Yield a server of the test's own."""
    program = redis_servers.engine(request.param)
    if program.missing:
        pytest.skip(program.missing)
    server = redis_servers.RedisServer(program, tmp_path / "server").start()
    yield server
    server.stop()


@pytest.mark.timeout(60 + 10 * KILLS)
def test_replica_killed_in_the_middle_of_writes_loses_none(
    server: redis_servers.RedisServer,
) -> None:
    """After each SIGKILL every answered write is there, none by half, and nothing else; a replica
    that followed all the time agrees with one that starts.
    """
    sink, promises, slowest = RecordingSink(), Promises(), 0.0
    follower = RedisStore(server.patient_url, DIGEST)
    follower.open(sink)
    rng = random.Random(6)
    for kill in range(KILLS_A_SERVER):
        lines = killed_writer(server.patient_url, kill, rng.uniform(0.01, 0.4))
        SEEDS.learn(lines)
        promises.hear(lines)
        started = time.monotonic()
        gallery = opened(RedisStore(server.patient_url, DIGEST))
        slowest = max(slowest, time.monotonic() - started)
        promises.settle(gallery)
        gallery.close()
    assert promises.answered > 5 * KILLS_A_SERVER
    assert slowest < 5
    assert divergence(server.patient_url, [sink], DIGEST) == 0
    follower.close()
    report(
        f"redis-replica-kill-{server.engine.name}",
        server=server.engine.name,
        kills=KILLS_A_SERVER,
        answered=promises.answered,
        lost=0,
        divergence=0,
        restart_s=round(slowest, 3),
    )
