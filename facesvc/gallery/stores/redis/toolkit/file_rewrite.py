"""Having servers write their files anew, so that no byte of what was deleted is left in them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import redis
from redis.exceptions import ResponseError

from facesvc.application.call import Call
from facesvc.gallery.stores.redis.toolkit.connection import Connector

POLL_S = 0.05


def rewrite_everywhere(connector: Connector, call: Call) -> list[str]:
    """Have every primary and its replicas write their files anew; return what was rewritten.

    Raises RedisError, CallEndedError.
    """
    places = []
    for primary in connector.primaries():
        places += rewrite_files(primary, call)
        for number, follower in enumerate(connector.followers(primary), 1):
            try:
                _wait_for_copy(primary, follower, call)
                for place in rewrite_files(follower, call):
                    places.append(f"{place} of replica {number}")
            finally:
                follower.close()
    return places


def _wait_for_copy(primary: Any, follower: Any, call: Call) -> None:
    """Return once the replica has every write that the primary has now."""
    offset = int(primary.info("replication")["master_repl_offset"])
    while int(follower.info("replication").get("slave_repl_offset", 0)) < offset:
        call.check()
        time.sleep(POLL_S)


def rewrite_files(client: redis.Redis, call: Call) -> list[str]:
    """Have the server write its files anew and wait for it; return what was rewritten.

    Raises RedisError, CallEndedError.
    """
    persistence = client.info("persistence")
    places = []
    if int(persistence.get("aof_enabled", 0)):
        _run_until_done(client, call, "aof_rewrite_in_progress", client.bgrewriteaof)
        if client.info("persistence").get("aof_last_bgrewrite_status") != "ok":
            raise ResponseError("The append-only file could not be rewritten.")
        places.append("redis append-only file")
    if _saves_snapshots(client):
        _run_until_done(client, call, "rdb_bgsave_in_progress", client.bgsave)
        if client.info("persistence").get("rdb_last_bgsave_status") != "ok":
            raise ResponseError("The snapshot file could not be rewritten.")
        places.append("redis snapshot file")
    return places


def _saves_snapshots(client: redis.Redis) -> bool:
    try:
        return any(client.config_get("save").values())
    except ResponseError:
        return True  # not told: better one snapshot too many


def _run_until_done(
    client: redis.Redis, call: Call, flag: str, begin: Callable[[], object]
) -> None:
    """Wait for a job under way, which began too early to count, then run another one."""
    _wait(client, call, flag)
    begin()
    time.sleep(POLL_S)
    _wait(client, call, flag)


def _wait(client: redis.Redis, call: Call, flag: str) -> None:
    while True:
        persistence = client.info("persistence")
        busy = ("aof_rewrite_in_progress", "aof_rewrite_scheduled", "rdb_bgsave_in_progress")
        if not any(int(persistence.get(name, 0)) for name in (flag, *busy)):
            return
        call.check()
        time.sleep(POLL_S)
