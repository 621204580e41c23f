"""Removing what deleted collections left behind."""

from __future__ import annotations

import redis

from facesvc.gallery.stores.redis.toolkit import keys
from facesvc.gallery.stores.redis.toolkit.libraries import LUA
from facesvc.gallery.stores.redis.toolkit.script import Script

USERS_A_STEP = 200  # a step of about 1 ms, so that writers are not held up
COUNT_KEPT_S = 3600  # how long several sweepers of one generation can add up what they remove

SWEEP = Script(
    LUA / "sweep.lua",
    keys=("users", "swept"),
    args=("base", "gen", "users_a_step", "count_kept_s"),
)


def sweep(client: redis.Redis, collection: str) -> None:
    """Remove what deleted generations of the collection left behind. Raises RedisError."""
    for raw in client.smembers(keys.base(collection) + "garbage"):
        generation = bytes(raw).decode()  # type: ignore[arg-type] # always bytes: nothing decodes
        while _sweep_step(client, collection, generation):
            pass


def generation_of(client: redis.Redis, collection: str) -> str:
    """Return the collection's present generation. Raises RedisError."""
    found = client.hget(keys.meta(collection), "gen")
    return bytes(found or b"0").decode()  # type: ignore[arg-type] # always bytes


def swept_samples(client: redis.Redis, collection: str, generation: str) -> int:
    """Return how many samples of a generation were removed lately, whoever did it. Raises
    RedisError.
    """
    return int(client.get(keys.swept(collection, generation)) or 0)


def _sweep_step(client: redis.Redis, collection: str, generation: str) -> int:
    base = keys.base(collection)
    left = SWEEP.run(
        client,
        {"users": f"{base}users:{generation}", "swept": keys.swept(collection, generation)},
        {
            "base": base,
            "gen": generation,
            "users_a_step": USERS_A_STEP,
            "count_kept_s": COUNT_KEPT_S,
        },
    )
    return int(left)
