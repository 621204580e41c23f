"""What a caller hears when Redis does not answer, or answers with an error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import redis
from redis.exceptions import RedisError

from facesvc.domain.errors import StoreUnavailableError

# Server errors that an operator can act on, by the first word of the reply; the texts are ours
# because a server's own may carry keys.
_HINTS = {
    "NOREPLICAS": "too few Redis replicas are connected for min-replicas-to-write",
    "MISCONF": "Redis cannot write to its disk",
    "OOM": "Redis is out of memory",
    "READONLY": "this Redis server is a replica",
    "LOADING": "Redis is still loading its data",
    "CLUSTERDOWN": "the Redis cluster is down",
    "NOAUTH": "Redis wants a password",
    "WRONGPASS": "Redis refuses the user or password",
    "NOPERM": "the Redis user lacks a permission",
    "BUSY": "Redis is busy with another script",
    "ASK": "the Redis cluster is moving the collection to another server",
    "MOVED": "the Redis cluster has moved the collection to another server",
    "TRYAGAIN": "the Redis cluster is moving the collection to another server",
}


class BehindError(RedisError):
    """A server answered that lacks a write seen before, a replica for one: ask again."""


def explain(error: Exception) -> str:
    """Return a few plain words about a Redis error, without keys, hosts or secrets."""
    if isinstance(error, redis.TimeoutError | TimeoutError):
        return "Redis did not answer in time"
    if isinstance(error, BehindError):
        return "this Redis server is behind the others"
    words = str(error).replace("-", "").split(maxsplit=1)
    for word in (getattr(error, "status_code", "") or "", words[0] if words else ""):
        if word.rstrip(":") in _HINTS:
            return _HINTS[word.rstrip(":")]
    if "ACL failure in script" in str(error):
        return _HINTS["NOPERM"]
    if isinstance(error, redis.AuthenticationError):
        return "Redis refuses the user or password"
    if isinstance(error, redis.ConnectionError | OSError):
        return "Redis cannot be reached"
    return f"Redis answered with an error ({type(error).__name__})"


@contextmanager
def unavailable(action: str) -> Iterator[None]:
    """Turn what redis-py raises into StoreUnavailableError."""
    try:
        yield
    except (RedisError, OSError) as error:
        raise StoreUnavailableError(f"{action}: {explain(error)}.") from error
