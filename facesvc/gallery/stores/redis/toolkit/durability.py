"""What in the server's settings can lose acknowledged writes, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import redis
from redis.exceptions import RedisError

OLDEST_VERSION = (7, 0)  # what the scripts are tested with; Valkey counts on from 7.2


def durability_warnings(client: redis.Redis, wait_replicas: int) -> list[str]:
    """Return a sentence for each setting of this primary that can lose data. A server that
    does not tell (managed services, narrow ACLs) gives a warning too, never an error.
    """
    try:
        info: Mapping[str, Any] = client.info()
    except RedisError:
        return ["The Redis user may not run INFO: its durability settings cannot be checked."]
    config = _config(client)
    return [
        *_version(info),
        *_persistence(info, config, wait_replicas),
        *_memory(info),
        *_replication(info, config, wait_replicas),
    ]


def _config(client: redis.Redis) -> Mapping[str, str] | None:
    try:
        found = client.config_get("append*", "min-replicas-to-write")
    except RedisError:
        return None
    return {_text(key): _text(value) for key, value in found.items()}


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _version(info: Mapping[str, Any]) -> list[str]:
    version = str(info.get("valkey_version") or info.get("redis_version", "0.0"))
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if numbers < OLDEST_VERSION:
        return [f"Redis {version} is older than 7.0, with which nothing here was tested."]
    return []


def _persistence(
    info: Mapping[str, Any], config: Mapping[str, str] | None, wait_replicas: int
) -> list[str]:
    if not int(info.get("aof_enabled", 0)):
        return [
            "appendonly is off: a crash of Redis loses every write since its last snapshot. "
            "Set appendonly yes."
        ]
    if config is None:
        return ["The Redis user may not run CONFIG GET: appendfsync cannot be checked."]
    fsync = config.get("appendfsync", "")
    if fsync == "no":
        return ["appendfsync is no: power loss can cost many seconds of writes. Set it to always."]
    if fsync == "everysec" and not wait_replicas:
        return [
            "appendfsync is everysec: power loss can cost the last second of writes. Set it to "
            "always, or run a replica and add wait_replicas=1 to REDIS_URL."
        ]
    return []


def _memory(info: Mapping[str, Any]) -> list[str]:
    policy = str(info.get("maxmemory_policy", "noeviction"))
    if int(info.get("maxmemory", 0)) and policy != "noeviction":
        return [f"maxmemory-policy is {policy}: Redis may evict faces. Set it to noeviction."]
    return []


def _replication(
    info: Mapping[str, Any], config: Mapping[str, str] | None, wait_replicas: int
) -> list[str]:
    connected = int(info.get("connected_slaves", 0))
    found = []
    if wait_replicas > connected:
        found.append(
            f"wait_replicas is {wait_replicas}, but {connected} replicas are connected: writes "
            "will fail."
        )
    if connected and not wait_replicas:
        found.append(
            "Redis has replicas, but REDIS_URL has no wait_replicas: a failover can lose "
            "acknowledged writes. Add wait_replicas=1."
        )
    if connected and config is not None and not int(config.get("min-replicas-to-write", "0") or 0):
        found.append(
            "min-replicas-to-write is 0: a primary cut off from its replicas goes on taking "
            "writes that a failover discards. Set it to 1."
        )
    return found
