"""A Redis Cluster moves a collection to another server, or replaces the server that had it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from redis.crc import key_slot

from harness import redis_servers
from harness.figures import report
from harness.redis_fakes import eventually
from harness.redis_groups import cluster_group, move_slot
from tests.faults.redis_faults import divergence, replica
from tests.faults.test_redis_failover import FAILOVER_S, Writers

MOVES = 6
SLOT = key_slot(b"default")  # the hash tag of the collection's keys


@pytest.fixture(params=redis_servers.ENGINES)
def program(request: pytest.FixtureRequest) -> redis_servers.Engine:
    """Give each kind of server that can run here."""
    found = redis_servers.engine(request.param)
    if found.missing:
        pytest.skip(found.missing)
    return found


def owner(servers: list[redis_servers.RedisServer]) -> redis_servers.RedisServer | None:
    """Return the primary that has the collection, None while there is none."""
    for one in servers:
        if one.running and one.client().info("replication")["role"] == "master":
            client: Any = one.client()
            if client.execute_command("CLUSTER COUNTKEYSINSLOT", SLOT):
                return one
    return None


def test_resharding_under_writes_loses_none(program: redis_servers.Engine, tmp_path: Path) -> None:
    """The collection's slot goes round the servers while replicas write and follow."""
    with cluster_group(program, tmp_path) as servers:
        url = f"redis+cluster://127.0.0.1:{servers[0].port}?write_timeout_ms=1000"
        with replica(url) as (store, sink), replica(url) as (other, other_sink):
            with Writers(store) as writers:
                eventually(lambda: len(writers.acknowledged) > 50, 20)
                first = owner(servers)
                assert first is not None
                at = servers.index(first)
                for _ in range(MOVES):
                    source, target, third = (servers[(at + n) % 3] for n in range(3))
                    seen, before = len(other_sink.users), len(writers.acknowledged)
                    move_slot(SLOT, source, target, [third])
                    assert len(other_sink.users) >= seen
                    eventually(lambda: len(writers.acknowledged) > before + 50, 20)  # noqa: B023 - called here
                    at = (at + 1) % 3
            eventually(lambda: store.state().state == other.state().state == "ok", 10)
            assert divergence(url, [sink, other_sink]) == 0
            assert not set(writers.acknowledged) - {user_id for _, user_id in other_sink.users}
    report(
        f"redis-resharding-{program.name}",
        cluster=program.name,
        moves_of_the_slot=MOVES,
        answered=len(writers.acknowledged),
        lost=0,
        divergence=0,
    )


def test_cluster_failover_loses_no_acknowledged_write(
    program: redis_servers.Engine, tmp_path: Path
) -> None:
    """The primary of the collection is killed, its replica takes over."""
    settings = {"cluster-node-timeout": "1000"}
    with cluster_group(program, tmp_path, settings, replicas=True) as servers:
        nodes = ",".join(f"127.0.0.1:{one.port}" for one in servers)
        url = f"redis+cluster://{nodes}?wait_replicas=1&write_timeout_ms=1000"
        with replica(url) as (store, sink), replica(url) as (other, other_sink):
            with Writers(store) as writers:
                eventually(lambda: len(writers.acknowledged) > 50, 20)
                old = owner(servers)
                assert old is not None
                old.kill()
                seen = len(other_sink.users)
                eventually(lambda: owner(servers) is not None, FAILOVER_S)
                assert len(other_sink.users) >= seen
                old.start()  # as the replica that a write then waits for
                before = len(writers.acknowledged)
                eventually(lambda: len(writers.acknowledged) > before + 50, FAILOVER_S)
            eventually(lambda: store.state().state == other.state().state == "ok", 10)
            assert divergence(url, [sink, other_sink]) == 0
            assert not set(writers.acknowledged) - {user_id for _, user_id in other_sink.users}
    report(
        f"redis-cluster-failover-{program.name}",
        cluster=program.name,
        answered=len(writers.acknowledged),
        lost=0,
        divergence=0,
    )
