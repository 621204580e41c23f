"""What REDIS_URL may say, checked before anything connects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import parse_qsl, unquote, urlsplit

DEFAULT_PORT = 6379  # Redis and Valkey
DEFAULT_SENTINEL_PORT = 26379
DEFAULT_WRITE_TIMEOUT_MS = 130  # with connecting, a write fails within 200 ms
WRITE_TIMEOUT_MS = range(20, 10_001)

# Query parameters that go to redis-py's connections as they are; each is a path on this machine.
TLS_FILES = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
SENTINEL_LOGIN = ("sentinel_username", "sentinel_password")


class RedisUrlError(ValueError):
    """The URL cannot be used; the text names the part at fault and never the password."""


class Topology(Enum):
    """Who answers at the addresses of the URL."""

    SINGLE = "single"
    SENTINEL = "sentinel"
    CLUSTER = "cluster"


SCHEMES = {
    "redis": (Topology.SINGLE, False),
    "rediss": (Topology.SINGLE, True),
    "redis+sentinel": (Topology.SENTINEL, False),
    "rediss+sentinel": (Topology.SENTINEL, True),
    "redis+cluster": (Topology.CLUSTER, False),
    "rediss+cluster": (Topology.CLUSTER, True),
}


@dataclass(frozen=True)
class RedisTarget:
    """One parsed URL. ``nodes`` are (host, port) of servers, sentinels or cluster seeds;
    ``service`` names the Sentinel master; ``wait_replicas`` is how many Redis replicas must
    have a write before it is acknowledged; ``write_timeout_s`` is how long its answer may take.
    """

    topology: Topology
    tls: bool
    nodes: tuple[tuple[str, int], ...]
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    db: int = 0
    service: str = ""
    wait_replicas: int = 0
    write_timeout_s: float = DEFAULT_WRITE_TIMEOUT_MS / 1000
    tls_files: Mapping[str, str] = field(default_factory=dict)
    sentinel_login: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def label(self) -> str:
        """The target without secrets, for logs."""
        nodes = ",".join(f"{host}:{port}" for host, port in self.nodes)
        return f"{self.topology.value} {nodes}" + (f" {self.service}" if self.service else "")


def parse_redis_url(url: str) -> RedisTarget:
    """Return the target. User, password and service are percent-decoded.

    ``redis[s]://[user:password@]host[:port][/db]``,
    ``redis[s]+sentinel://[user:password@]host[:port],.../service[/db]``,
    ``redis[s]+cluster://[user:password@]host[:port],...``. Raises RedisUrlError.
    """
    scheme, separator, _ = url.partition("://")
    if not separator or scheme not in SCHEMES:
        raise RedisUrlError(f"REDIS_URL must start with one of {', '.join(sorted(SCHEMES))}://.")
    topology, tls = SCHEMES[scheme]
    parts = urlsplit(url)
    login, _, hosts = parts.netloc.rpartition("@")
    username, _, password = login.partition(":")
    path = [unquote(piece) for piece in parts.path.split("/") if piece]
    default_port = DEFAULT_SENTINEL_PORT if topology is Topology.SENTINEL else DEFAULT_PORT
    nodes = tuple(_node(text, default_port) for text in hosts.split(","))
    if topology is Topology.SINGLE and len(nodes) > 1:
        raise RedisUrlError("REDIS_URL names several hosts: use redis+sentinel or redis+cluster.")
    service = ""
    if topology is Topology.SENTINEL:
        if not path:
            raise RedisUrlError("REDIS_URL needs the master's name: redis+sentinel://host/name.")
        service = path.pop(0)
    db = _db(path)
    if topology is Topology.CLUSTER and db:
        raise RedisUrlError("REDIS_URL names a database, but a cluster only has database 0.")
    query = _query(parts.query, topology, tls)
    return RedisTarget(
        topology=topology,
        tls=tls,
        nodes=nodes,
        username=unquote(username) or None,
        password=unquote(password) or None,
        db=db,
        service=service,
        wait_replicas=_number(query, "wait_replicas", 0, range(100)),
        write_timeout_s=_number(
            query, "write_timeout_ms", DEFAULT_WRITE_TIMEOUT_MS, WRITE_TIMEOUT_MS
        )
        / 1000,
        tls_files={name: query[name] for name in TLS_FILES if name in query},
        sentinel_login={
            name.removeprefix("sentinel_"): query[name] for name in SENTINEL_LOGIN if name in query
        },
    )


def _node(text: str, default_port: int) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host:
        raise RedisUrlError("REDIS_URL has a host that is not host:port.")
    return host, port or default_port


def _db(path: list[str]) -> int:
    if not path:
        return 0
    if len(path) > 1 or not path[0].isascii() or not path[0].isdigit():
        raise RedisUrlError("REDIS_URL must end in a database number, or in nothing.")
    return int(path[0])


def _number(query: dict[str, str], name: str, default: int, allowed: range) -> int:
    text = query.get(name, str(default))
    if not text.isascii() or not text.isdigit() or int(text) not in allowed:
        raise RedisUrlError(
            f"REDIS_URL: {name} must be a whole number from {allowed[0]} to {allowed[-1]}."
        )
    return int(text)


def _query(text: str, topology: Topology, tls: bool) -> dict[str, str]:
    """Return the parameters; an unknown one is refused, since a typing error in a TLS option
    would otherwise weaken the connection without a word.
    """
    allowed = {"wait_replicas", "write_timeout_ms"}
    if tls:
        allowed.update(TLS_FILES)
    if topology is Topology.SENTINEL:
        allowed.update(SENTINEL_LOGIN)
    query = dict(parse_qsl(text, keep_blank_values=True))
    for name in query:
        if name not in allowed:
            raise RedisUrlError(
                f"REDIS_URL: parameter {name} is not one of {', '.join(sorted(allowed))}."
            )
    return query
