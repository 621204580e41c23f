"""Warnings about a server's settings."""

from __future__ import annotations

from typing import Any, cast

import pytest
import redis
from redis.exceptions import NoPermissionError

from facesvc.domain.gallery import Match
from facesvc.gallery.sharded.merge import Found
from facesvc.gallery.stores.redis.toolkit.durability import durability_warnings

SOUND_INFO = {"redis_version": "7.4.1", "aof_enabled": 1, "maxmemory": 0, "connected_slaves": 0}
SOUND_CONFIG = {b"appendfsync": b"always", b"min-replicas-to-write": b"0"}


class Server:
    """Answers INFO and CONFIG GET, or refuses them."""

    def __init__(self, info: dict[str, Any] | None, config: dict[bytes, bytes] | None) -> None:
        self._info = info
        self._config = config

    def info(self) -> dict[str, Any]:
        if self._info is None:
            raise NoPermissionError("no")
        return self._info

    def config_get(self, *_: str) -> dict[bytes, bytes]:
        if self._config is None:
            raise NoPermissionError("no")
        return self._config


def warnings(info: dict[str, Any] | None, config: dict[bytes, bytes] | None, wait: int = 0) -> str:
    """Return all warnings as one text."""
    server = cast("redis.Redis", Server(info, config))
    return " ".join(durability_warnings(server, wait))


def test_sound_server_has_no_warning() -> None:
    """Nothing to say about an append-only file that is synced always."""
    assert warnings(SOUND_INFO, SOUND_CONFIG) == ""


@pytest.mark.parametrize(
    ("info", "config", "wait", "says"),
    [
        ({"aof_enabled": 0}, {}, 0, "appendonly is off"),
        ({}, {b"appendfsync": b"no"}, 0, "appendfsync is no"),
        ({}, {b"appendfsync": b"everysec"}, 0, "appendfsync is everysec"),
        ({"maxmemory": 1, "maxmemory_policy": "allkeys-lru"}, {}, 0, "evict faces"),
        ({"connected_slaves": 1}, {}, 0, "Add wait_replicas=1"),
        ({"connected_slaves": 1}, {}, 1, "min-replicas-to-write is 0"),
        ({}, {}, 1, "writes will fail"),
        ({"redis_version": "6.2.1"}, {}, 0, "older than 7.0"),
    ],
)
def test_each_danger_is_told(
    info: dict[str, Any], config: dict[bytes, bytes], wait: int, says: str
) -> None:
    """Every setting that can lose data has its sentence."""
    assert says in warnings({**SOUND_INFO, **info}, {**SOUND_CONFIG, **config}, wait)


def test_servers_that_do_not_tell_are_warned_about() -> None:
    """Managed services forbid CONFIG or INFO: that is a warning, not an error."""
    assert "CONFIG GET" in warnings(SOUND_INFO, None)
    assert "INFO" in warnings(None, None)


def test_valkey_counts_as_what_it_is() -> None:
    """Valkey says an old redis_version for its clients' sake."""
    info = {**SOUND_INFO, "redis_version": "6.0.0", "valkey_version": "9.1.2"}
    assert warnings(info, SOUND_CONFIG) == ""


def test_searching_goes_on_until_nothing_unseen_could_matter() -> None:
    """A shard's answer is settled only when the lowest sample seen is clearly too low."""
    three = [Match(f"u{n}", 0.9 - n / 10, "") for n in range(3)]
    assert Found(three, floor=0.5, complete=True).settles(10, 0.0)
    assert not Found(three, floor=0.5, complete=False).settles(10, 0.45)
    assert Found(three, floor=0.4, complete=False).settles(10, 0.45)
    assert not Found(three, floor=0.699, complete=False).settles(3, 0.0)
    assert Found(three, floor=0.69, complete=False).settles(3, 0.0)
