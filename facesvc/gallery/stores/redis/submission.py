"""Sends writes, and waits until this replica's own copy shows them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress

from redis.exceptions import RedisError

from facesvc.application.call import Call
from facesvc.domain.errors import CallEndedError, FaceError, StoreUnavailableError
from facesvc.domain.gallery import WriteReceipt
from facesvc.domain.gallery_errors import StoreTask
from facesvc.gallery.stores.redis.log_feed import LogFeed
from facesvc.gallery.stores.redis.toolkit.event_log import RedisEventLog
from facesvc.gallery.stores.redis.toolkit.registry import Registry
from facesvc.gallery.stores.redis.toolkit.requests import Write
from facesvc.gallery.stores.redis.toolkit.server_faults import failing
from facesvc.gallery.stores.redis.toolkit.writer import Writer
from facesvc.gallery.version_gate import VersionGate

OWN_COPY_S = 1.0  # how long a durable write waits to show in this replica's own copy,
OWN_COPY_DEGRADED_S = 0.05  # and when the copy is known to be cut off


class Submission:
    """Sends writes; thread-safe. ``follows`` tells whether the own copy is connected."""

    def __init__(
        self,
        writer: Writer,
        registry: Registry,
        feed: LogFeed,
        gate: VersionGate,
        events: RedisEventLog | None,
        follows: Callable[[], bool],
    ) -> None:
        self._writer = writer
        self._registry = registry
        self._feed = feed
        self._gate = gate
        self._events = events
        self._follows = follows
        self._registered: set[str] = set()

    def send(self, writes: list[Write], call: Call) -> list[WriteReceipt | FaceError]:
        """Return the writes' outcomes, in their order. Raises StoreUnavailableError."""
        with failing(StoreTask.WRITE):
            self._register({write.collection for write in writes} - self._registered)
        outcomes = self._writer.submit(writes)
        reached: dict[str, int] = defaultdict(int)
        renewed = set()
        for write, outcome in zip(writes, outcomes, strict=True):
            if isinstance(outcome, WriteReceipt):
                reached[write.collection] = max(reached[write.collection], outcome.version)
                if outcome.version == 1:
                    renewed.add(write.collection)  # Redis may have been emptied since
        try:
            self._register(renewed)
        except (RedisError, OSError):
            self._registered -= renewed  # the next write or the follower's check tells
        self._feed.wake()
        if self._events:
            self._events.tell(sum(isinstance(one, WriteReceipt) for one in outcomes))
        limit_s = OWN_COPY_S if self._follows() else OWN_COPY_DEGRADED_S
        for collection, version in reached.items():
            with suppress(StoreUnavailableError, CallEndedError):  # durable all the same
                self._gate.wait(collection, version, call, limit_s)
        return outcomes

    def _register(self, collections: set[str]) -> None:
        for collection in collections:
            self._registry.register(collection)
            self._registered.add(collection)
