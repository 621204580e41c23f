"""Which fault of the store it is when Redis does not answer, or answers with an error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import redis
from redis.exceptions import RedisError

from facesvc.domain.gallery_errors import StoreFailedError, StoreFault, StoreTask

# By the first word of the reply. The texts are the domain's: a server's own may carry keys.
_FAULTS = {
    "NOREPLICAS": StoreFault.FEW_REPLICAS,
    "MISCONF": StoreFault.DISK,
    "OOM": StoreFault.MEMORY,
    "READONLY": StoreFault.READ_ONLY,
    "LOADING": StoreFault.LOADING,
    "CLUSTERDOWN": StoreFault.CLUSTER_DOWN,
    "NOAUTH": StoreFault.LOGIN,
    "WRONGPASS": StoreFault.LOGIN,
    "NOPERM": StoreFault.PERMISSION,
    "BUSY": StoreFault.BUSY,
    "ASK": StoreFault.MOVING,
    "MOVED": StoreFault.MOVING,
    "TRYAGAIN": StoreFault.MOVING,
}


class BehindError(RedisError):
    """A server answered that lacks a write seen before, a replica for one: ask again."""


def fault_of(error: Exception) -> StoreFault:
    """Return the fault that an error of redis-py stands for."""
    if isinstance(error, redis.TimeoutError | TimeoutError):
        return StoreFault.SLOW
    if isinstance(error, BehindError):
        return StoreFault.BEHIND
    words = str(error).replace("-", "").split(maxsplit=1)
    for word in (getattr(error, "status_code", "") or "", words[0] if words else ""):
        if word.rstrip(":") in _FAULTS:
            return _FAULTS[word.rstrip(":")]
    if "ACL failure in script" in str(error):
        return StoreFault.PERMISSION
    if isinstance(error, redis.AuthenticationError):
        return StoreFault.LOGIN
    if isinstance(error, redis.ConnectionError | OSError):
        return StoreFault.UNREACHABLE
    return StoreFault.OTHER


@contextmanager
def failing(task: StoreTask) -> Iterator[None]:
    """Turn what redis-py raises into StoreFailedError."""
    try:
        yield
    except (RedisError, OSError) as error:
        raise StoreFailedError(task, fault_of(error)) from error
