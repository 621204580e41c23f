"""SIGKILL in the middle of edits whose users live on several searching Redis servers."""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from facesvc.gallery.sharded.shard_layout import shard_of
from harness import redis_servers
from harness.figures import report
from tests.faults.edit_writer import COLLECTION, gallery_at
from tests.faults.test_edits_crash import Promises, check_enough, written_until
from tests.faults.test_gallery_crash import KILLS

SHARDS = 3
Servers = list[redis_servers.RedisServer]


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    """Servers of the test's own."""
    program = redis_servers.redis_stack()
    if program.missing:
        pytest.skip(program.missing)
    started = [
        redis_servers.RedisServer(program, tmp_path / f"shard-{n}").start() for n in range(SHARDS)
    ]
    yield started
    for server in started:
        server.stop()


@pytest.mark.timeout(120 + 15 * KILLS)
def test_service_or_server_killed_in_the_middle_of_edits_loses_and_doubles_no_sample(
    servers: Servers,
) -> None:
    """SIGKILL of the service that edits, and of one of the servers: after the next start every
    answered edit is there, the others whole or not, and no user is held.
    """
    where, promises = ",".join(server.patient_url for server in servers), Promises()
    homes = {shard_of(COLLECTION, f"t0-u{number}", SHARDS) for number in range(4)}
    assert len(homes) > 1, "edits of one server only"

    def kill_one(process: subprocess.Popen[bytes]) -> None:
        random.Random(process.pid).choice(servers).kill()
        time.sleep(0.1)
        process.kill()

    interrupted = 0
    for kill in range(KILLS):
        end = kill_one if kill % 4 == 3 else lambda process: process.kill()
        promises.hear(written_until(end, where, kill, ""))
        for server in servers:
            if not server.running:
                server.start()
        interrupted += sum(len(_noted(server)) for server in servers)
        gallery = gallery_at(where, "")
        promises.settle(gallery)
        gallery.close()
        assert not any(_noted(server) for server in servers)
    check_enough(promises.answered)
    assert interrupted
    report(
        "redis-search-edit-kill",
        kills=KILLS,
        **promises.answered,
        interrupted=interrupted,
        lost=0,
        doubled=0,
    )


def _noted(server: redis_servers.RedisServer) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = server.client().hgetall("facesvc:{@shard}:transfers")
    return found
