"""When users were seen last, a field of their records, and who does a task at present."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import redis

from facesvc.gallery.stores.records import from_microseconds, to_microseconds
from facesvc.gallery.stores.redis.toolkit import keys
from facesvc.gallery.stores.redis.toolkit.libraries import LUA
from facesvc.gallery.stores.redis.toolkit.replicas import Replicas
from facesvc.gallery.stores.redis.toolkit.script import Argument, Script

MARK_SEEN = Script(LUA / "mark_seen.lua", keys=("meta",), args=("base",))
LAST_SEEN = Script(LUA / "last_seen.lua", keys=("meta",), args=("base",))
LEASE = Script(LUA / "lease.lua", keys=("lease",), args=("holder", "milliseconds"))


def mark_seen(
    client: redis.Redis, replicas: Replicas, collection: str, seen: Mapping[str, datetime]
) -> None:
    """Keep when users were seen. Raises RedisError, WriteUnreplicatedError."""
    rest: list[Argument] = []
    for user_id, moment in seen.items():
        rest += [user_id, to_microseconds(moment)]
    names = {"meta": keys.meta(collection)}
    replicas.run(MARK_SEEN, client, names, {"base": keys.base(collection)}, rest)


def last_seen(client: redis.Redis, collection: str, user_ids: Sequence[str]) -> dict[str, datetime]:
    """Return the marks that users have. Raises RedisError."""
    found: Any = LAST_SEEN.run(
        client, {"meta": keys.meta(collection)}, {"base": keys.base(collection)}, user_ids
    )
    return {
        user_id: from_microseconds(int(moment))
        for user_id, moment in zip(user_ids, found, strict=True)
        if moment
    }


def take_lease(client: redis.Redis, lease: str, holder: str, seconds: float) -> bool:
    """Take a task by its key, or keep it; False while another holder has it. Raises RedisError."""
    taken: Any = LEASE.run(
        client,
        {"lease": lease},
        {"holder": holder, "milliseconds": max(1, round(seconds * 1000))},
    )
    return bool(taken)
