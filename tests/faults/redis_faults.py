"""What the Redis fault tests share: replicas on a server of their own, and comparing them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from facesvc.application.call import Call
from facesvc.domain.errors import StoreUnavailableError
from facesvc.gallery.stores.redis.store import RedisStore
from harness.redis_fakes import RECOGNIZER, RecordingSink, View, enrolment, eventually

Replica = tuple[RedisStore, RecordingSink]
WRITE_FAILS_WITHIN_S = 0.2
HEALS_WITHIN_S = 2.0  # plus the load time, which is milliseconds for these galleries


@contextmanager
def replica(
    url: str, recognizer: str = RECOGNIZER, *, log_length: int = 10_000
) -> Iterator[Replica]:
    """Open a store on the server, close it at the end."""
    store = RedisStore(url=url, recognizer=recognizer, log_length=log_length)
    sink = RecordingSink()
    store.open(sink)
    try:
        yield store, sink
    finally:
        store.close()


def divergence(url: str, sinks: list[RecordingSink], recognizer: str = RECOGNIZER) -> int:
    """Return in how many users the copies differ from what a new replica loads, as soon as all
    are at the same version. A write whose writer gave it up may reach the server during the
    comparison; a version that does not come within the promised time fails.
    """
    deadline = time.monotonic() + HEALS_WITHIN_S
    while True:
        with replica(url, recognizer) as (_, fresh):
            versions, truth = fresh.snapshot()
            while time.monotonic() < deadline:
                seen = [sink.snapshot() for sink in sinks]
                if all(one == versions for one, _ in seen):
                    return sum(_differences(truth, users) for _, users in seen)
                if any(_newer(one, versions) for one, _ in seen):
                    break  # written meanwhile: load again
                time.sleep(0.005)
            else:
                raise AssertionError(f"copies at {[one for one, _ in seen]}, Redis at {versions}")


def _newer(one: Mapping[str, int], other: Mapping[str, int]) -> bool:
    """Tell whether a copy is past another."""
    return any(version > other.get(name, 0) for name, version in one.items())


def _differences(truth: View, seen: View) -> int:
    return sum(truth.get(key) != seen.get(key) for key in truth.keys() | seen.keys())


def assert_writes_fail_fast(store: RedisStore, attempts: int = 5) -> int:
    """Fail unless every write is refused as UNAVAILABLE, and within the promised time: most of
    them here, since a busy machine may hold a thread up. Return the median in ms.
    """
    taken = []
    for attempt in range(attempts):
        began = time.monotonic()
        try:
            store.enroll(enrolment(f"refused-{attempt}", attempt), Call())
        except StoreUnavailableError:
            taken.append(time.monotonic() - began)
        else:
            raise AssertionError("a write was acknowledged without its store")
    assert statistics.median(taken) < WRITE_FAILS_WITHIN_S
    assert max(taken) < 3 * WRITE_FAILS_WITHIN_S
    return round(1000 * statistics.median(taken))


def assert_heals(*replicas: Replica) -> float:
    """Wait until every replica calls itself in step; return the seconds."""
    return eventually(
        lambda: all(store.state().state == "ok" for store, _ in replicas), HEALS_WITHIN_S
    )
