"""The index inside a searching server: made at the first start, rebuilt after its restarts."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

import redis
from redis.exceptions import ResponseError

from facesvc.domain.faces import EMBEDDING_SIZE
from facesvc.gallery.stores.port import GalleryOpenError
from facesvc.gallery.stores.redis.toolkit import keys

INDEX = "facesvc-faces"
BUILD_S = 600.0  # how long a start waits for the index of a server that has just started
POLL_S = 0.2


def prepare_index(client: redis.Redis, server: str) -> None:
    """Make the index unless it exists, and wait until it is built. ``server`` names the server in
    words. Raises RedisError, GalleryOpenError.
    """
    with suppress(ResponseError):  # exists already, or FT.INFO tells why not
        _create(client)
    deadline = time.monotonic() + BUILD_S
    while _is_building(client, server):
        if time.monotonic() > deadline:
            raise GalleryOpenError(f"The search index of {server} takes too long to build.")
        time.sleep(POLL_S)


def _create(client: redis.Redis) -> None:
    vector = ["TYPE", "FLOAT16", "DIM", EMBEDDING_SIZE, "DISTANCE_METRIC", "COSINE"]
    schema = ["c", "TAG", "CASESENSITIVE", "e", "VECTOR", "FLAT", len(vector), *vector]
    untyped: Any = client  # redis-py leaves execute_command untyped
    untyped.execute_command(
        *("FT.CREATE", INDEX, "ON", "HASH", "PREFIX", 1, f"{keys.PREFIX}:"),
        *("FILTER", "exists(@c)", "STOPWORDS", 0, "SCHEMA", *schema),
    )


def _is_building(client: redis.Redis, server: str) -> bool:
    untyped: Any = client
    try:
        info = untyped.execute_command("FT.INFO", INDEX)
    except ResponseError as error:
        raise GalleryOpenError(f"{server} has no search: use Redis 8, or Redis Stack.") from error
    return bool(int(dict(zip(info[::2], info[1::2], strict=False)).get(b"indexing", 0)))
