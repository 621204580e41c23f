"""Waits for the next log entries of many collections."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, Protocol

from facesvc.gallery.stores.redis.toolkit.connection import Connector

PAGE = 512  # entries of a log at once
POLL_S = 0.02  # in a cluster, where one command cannot wait on several slots

RawEntry = tuple[bytes, dict[bytes, bytes]]


class LogFeed(Protocol):
    """Reads on from given positions."""

    def read(self, positions: Mapping[str, str]) -> dict[str, list[RawEntry]]:
        """Return new entries by log, {} when a while passed without any. Raises RedisError."""
        ...

    def wake(self) -> None:
        """Say that entries are coming, so that a pause between two looks ends."""
        ...


class BlockingFeed:
    """One XREAD over all logs that the server answers at the first entry."""

    def __init__(self, connector: Connector, block_s: float) -> None:
        self._connector = connector
        self._block_ms = int(block_s * 1000)

    def read(self, positions: Mapping[str, str]) -> dict[str, list[RawEntry]]:
        client = self._connector.primary(next(iter(positions)))
        streams: dict[Any, Any] = dict(positions)
        return _by_log(client.xread(streams, count=PAGE, block=self._block_ms))

    def wake(self) -> None:
        pass  # the server does


class PollingFeed:
    """One look at every log of every primary, then a short pause."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector
        self._waked = threading.Event()

    def read(self, positions: Mapping[str, str]) -> dict[str, list[RawEntry]]:
        self._waked.clear()
        found: dict[str, list[RawEntry]] = {}
        for client, logs in self._connector.group(positions):
            pipe = client.pipeline(transaction=False)
            for log in logs:
                pipe.xread({log: positions[log]}, count=PAGE)
            for answer in pipe.execute():
                found.update(_by_log(answer))
        if not found:
            self._waked.wait(POLL_S)
        return found

    def wake(self) -> None:
        self._waked.set()


def _by_log(answer: Any) -> dict[str, list[RawEntry]]:
    return {log.decode(): entries for log, entries in answer or []}
