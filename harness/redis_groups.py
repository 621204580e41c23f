"""Several servers together: a primary with replicas under Sentinel, and a cluster."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.ports import free_port
from harness.redis_servers import Engine, RedisServer

SERVICE = "faces"
SLOTS = 16_384  # of a Redis cluster


@dataclass
class Sentinels:
    """Three data servers, the first being the primary at the start, and three sentinels."""

    servers: list[RedisServer]
    sentinels: list[RedisServer]

    @property
    def engine(self) -> str:
        """The name of the servers' program."""
        return self.servers[0].engine.name

    @property
    def url(self) -> str:
        nodes = ",".join(f"127.0.0.1:{one.port}" for one in self.sentinels)
        return f"redis+sentinel://{nodes}/{SERVICE}"

    def primary_port(self) -> int:
        """Ask the sentinels."""
        client: Any = self.sentinels[-1].client()
        address = client.sentinel_get_master_addr_by_name(SERVICE)
        return int(address[1])


@contextmanager
def sentinel_group(program: Engine, folder: Path, settings: dict[str, str]) -> Iterator[Sentinels]:
    """Start everything and wait until the sentinels know each other and the replicas."""
    with ExitStack() as stack:

        def start(server: RedisServer) -> RedisServer:
            server.start()
            stack.callback(server.stop)
            return server

        settings = {"repl-diskless-sync-delay": "0", **settings}
        primary = start(RedisServer(program, folder / "data-0", settings))
        following = {**settings, "replicaof": f"127.0.0.1 {primary.port}"}
        replicas = [start(RedisServer(program, folder / f"data-{n}", following)) for n in (1, 2)]
        watch = {
            f"sentinel monitor {SERVICE}": f"127.0.0.1 {primary.port} 2",
            f"sentinel down-after-milliseconds {SERVICE}": "600",
            f"sentinel failover-timeout {SERVICE}": "3000",
        }
        sentinels = [
            start(RedisServer(program, folder / f"sentinel-{n}", watch, sentinel=True))
            for n in range(3)
        ]
        deadline = time.monotonic() + 30
        while True:
            states = [_state(one) for one in sentinels]
            ready = all(
                int(state["num-other-sentinels"]) == 2 and int(state["num-slaves"]) == 2
                for state in states
            )
            replication = primary.client().info("replication")
            online = [replication.get(f"slave{n}", {}).get("state") for n in range(2)]
            if ready and online == ["online", "online"]:
                break
            assert time.monotonic() < deadline, "the sentinels did not find each other"
            time.sleep(0.1)
        yield Sentinels([primary, *replicas], sentinels)


@contextmanager
def cluster_group(
    program: Engine, folder: Path, settings: dict[str, str] | None = None, *, replicas: bool = False
) -> Iterator[list[RedisServer]]:
    """Start three primaries that share the slots; ``replicas`` adds one of each, in order."""
    with ExitStack() as stack:
        servers: list[RedisServer] = []
        buses: list[int] = []
        for number in range(6 if replicas else 3):
            bus = free_port()  # the default, port + 10,000, may be no port at all
            lines = {"cluster-enabled": "yes", "cluster-port": str(bus), **(settings or {})}
            server = RedisServer(program, folder / f"node-{number}", lines).start()
            buses.append(bus)
            stack.callback(server.stop)
            servers.append(server)
        edges = [SLOTS * number // 3 for number in range(4)]
        for server, first, after in zip(servers, edges, edges[1:], strict=False):
            _ask(server, "CLUSTER", "ADDSLOTSRANGE", first, after - 1)
        for server in servers[1:]:
            _ask(server, "CLUSTER", "MEET", "127.0.0.1", servers[0].port, buses[0])
        _until(lambda: all(_formed(server, len(servers)) for server in servers))
        for number, server in enumerate(servers[3:]):
            _ask(server, "CLUSTER", "REPLICATE", node_id(servers[number]))
        _until(
            lambda: all(
                one.client().info("replication").get("master_link_status") == "up"
                for one in servers[3:]
            )
        )
        yield servers


def node_id(server: RedisServer) -> str:
    """Return the name of a server in its cluster."""
    return bytes(_ask(server, "CLUSTER", "MYID")).decode()


def move_slot(
    slot: int, source: RedisServer, target: RedisServer, others: list[RedisServer]
) -> None:
    """Reshard one slot with its keys, as redis-cli does, in small steps."""
    _ask(target, "CLUSTER", "SETSLOT", slot, "IMPORTING", node_id(source))
    _ask(source, "CLUSTER", "SETSLOT", slot, "MIGRATING", node_id(target))
    while names := _ask(source, "CLUSTER", "GETKEYSINSLOT", slot, 10):
        _ask(source, "MIGRATE", "127.0.0.1", target.port, "", 0, 5000, "KEYS", *names)
        time.sleep(0.01)
    for server in (target, source, *others):
        _ask(server, "CLUSTER", "SETSLOT", slot, "NODE", node_id(target))


def _state(sentinel: RedisServer) -> Any:
    return sentinel.client().sentinel_master(SERVICE)


def _ask(server: RedisServer, *command: Any) -> Any:
    client: Any = server.client()
    return client.execute_command(*command)


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "the cluster did not form"
        time.sleep(0.1)


def _formed(server: RedisServer, nodes: int) -> bool:
    state = _ask(server, "CLUSTER INFO")
    return bool(state["cluster_state"] == "ok" and state["cluster_known_nodes"] == str(nodes))
