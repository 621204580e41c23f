"""Connections: which server takes a key's writes, through a single server, Sentinel or Cluster.

redis-py retries on its own by default and would send a write twice; here it never does
(``Retry(NoBackoff(), 0)``), and who may try again is decided by the callers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import redis
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode, RedisCluster
from redis.retry import Retry
from redis.sentinel import Sentinel

from facesvc.gallery.stores.redis.toolkit.url import RedisTarget, Topology

SENTINEL_TIMEOUT_S = 0.05  # one dead sentinel of three still leaves time for a write


@dataclass(frozen=True)
class Timeouts:
    """Seconds until a connection attempt, and then each answer, counts as failed."""

    connect_s: float
    answer_s: float


class Connector(Protocol):
    """Gives clients; thread-safe. A client belongs to one server and checks nothing else."""

    def primary(self, key: str) -> redis.Redis:
        """Return a client of the server that owns the key. Raises RedisError."""
        ...

    def group(self, keys: Iterable[str]) -> list[tuple[redis.Redis, list[str]]]:
        """Return the keys by the server that owns them."""
        ...

    def primaries(self) -> list[redis.Redis]:
        """Return one client a primary."""
        ...

    def followers(self, primary: redis.Redis) -> list[redis.Redis]:
        """Return clients of the primary's replicas, for the caller to close, at the addresses
        that the primary tells. Raises RedisError.
        """
        ...

    def check(self) -> None:
        """Turn to the present primary, should the sentinels have named another. Raises
        RedisError.
        """
        ...

    def refresh(self) -> None:
        """Forget what was known about who owns what."""
        ...

    def close(self) -> None:
        """Close every connection."""
        ...


def connect(target: RedisTarget, timeouts: Timeouts) -> Connector:
    """Return a connector; it connects at the first use."""
    options = _options(target, timeouts)
    if target.topology is Topology.SENTINEL:
        return _SentinelConnector(target, options)
    if target.topology is Topology.CLUSTER:
        return _ClusterConnector(target, options)
    host, port = target.nodes[0]
    return _SingleConnector(redis.Redis(host=host, port=port, db=target.db, **options), options)


def _options(target: RedisTarget, timeouts: Timeouts) -> dict[str, Any]:
    options: dict[str, Any] = {
        "username": target.username,
        "password": target.password,
        "socket_connect_timeout": timeouts.connect_s,
        "socket_timeout": timeouts.answer_s,
        "retry": Retry(NoBackoff(), 0),
        "protocol": 2,  # answers of the same shape from every server version
        "client_name": "facesvc",
    }
    if target.tls:
        options.update(ssl=True, **target.tls_files)
    return options


class _SingleConnector:
    def __init__(self, client: redis.Redis, options: dict[str, Any]) -> None:
        self._client = client
        self._options = options

    def primary(self, key: str) -> redis.Redis:  # noqa: ARG002 - the one server owns every key
        return self._client

    def group(self, keys: Iterable[str]) -> list[tuple[redis.Redis, list[str]]]:
        return [(self._client, list(keys))]

    def primaries(self) -> list[redis.Redis]:
        return [self._client]

    def followers(self, primary: redis.Redis) -> list[redis.Redis]:
        return _followers(primary, self._options)

    def check(self) -> None:
        pass

    def refresh(self) -> None:
        pass

    def close(self) -> None:
        self._client.close()


class _SentinelConnector(_SingleConnector):
    """Asks the sentinels for the master at every connection, and at ``check``."""

    def __init__(self, target: RedisTarget, options: dict[str, Any]) -> None:
        login = {
            "username": None,
            "password": None,
            **target.sentinel_login,
        }
        asking = {
            **options,
            **login,
            "socket_connect_timeout": SENTINEL_TIMEOUT_S,
            "socket_timeout": SENTINEL_TIMEOUT_S,
        }
        make: Any = Sentinel  # redis-py leaves it untyped
        self._sentinel = make(list(target.nodes), sentinel_kwargs=asking)
        self._service = target.service
        client = self._sentinel.master_for(target.service, db=target.db, **options)
        super().__init__(client, options)

    def check(self) -> None:
        pool: Any = self._client.connection_pool
        pool.get_master_address()  # drops the idle connections when there is another master

    def refresh(self) -> None:
        self._client.connection_pool.disconnect(inuse_connections=False)

    def close(self) -> None:
        super().close()
        self._sentinel.close()


class _ClusterConnector:
    """Talks to each primary by a client of its own, so that WAIT follows its write on the same
    connection; redis-py's cluster client serves for the map of slots.
    """

    def __init__(self, target: RedisTarget, options: dict[str, Any]) -> None:
        make: Any = ClusterNode  # redis-py leaves it and the map of slots untyped
        self._nodes = [make(host, port) for host, port in target.nodes]
        self._options = options
        self._cluster: Any = None

    def _map(self) -> Any:
        if self._cluster is None:
            self._cluster = RedisCluster(startup_nodes=self._nodes, **self._options)
        return self._cluster

    def _client(self, node: Any) -> redis.Redis:
        client: redis.Redis = node.redis_connection or self._map().get_redis_connection(node)
        return client

    def primary(self, key: str) -> redis.Redis:
        return self._client(self._map().get_node_from_key(key))

    def group(self, keys: Iterable[str]) -> list[tuple[redis.Redis, list[str]]]:
        owned: dict[int, tuple[redis.Redis, list[str]]] = {}
        for key in keys:
            client = self.primary(key)
            owned.setdefault(id(client), (client, []))[1].append(key)
        return list(owned.values())

    def primaries(self) -> list[redis.Redis]:
        return [self._client(node) for node in self._map().get_primaries()]

    def followers(self, primary: redis.Redis) -> list[redis.Redis]:
        return _followers(primary, self._options)

    def check(self) -> None:
        pass  # a node that lost its slots answers MOVED

    def refresh(self) -> None:
        if self._cluster is not None:
            self._map().nodes_manager.initialize()

    def close(self) -> None:
        if self._cluster is not None:
            self._cluster.close()


def _followers(primary: redis.Redis, options: dict[str, Any]) -> list[redis.Redis]:
    replication: Any = primary.info("replication")
    addresses = [
        replication[f"slave{number}"] for number in range(int(replication["connected_slaves"]))
    ]
    return [redis.Redis(host=at["ip"], port=int(at["port"]), **options) for at in addresses]
