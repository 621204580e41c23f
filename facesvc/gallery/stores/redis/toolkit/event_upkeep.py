"""Keeping the logs of events short, sealed with the current key, and free of who was erased."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

import structlog
from redis.exceptions import RedisError

from facesvc.domain.errors import FaceError
from facesvc.gallery.stores.gone_users import GoneUsers
from facesvc.gallery.stores.redis.toolkit import event_scripts as scripts
from facesvc.gallery.stores.redis.toolkit import keys
from facesvc.gallery.stores.redis.toolkit.event_codec import EventCodec
from facesvc.gallery.stores.redis.toolkit.event_parts import Part, Parts
from facesvc.gallery.stores.redis.toolkit.letter_shelf import RedisShelf
from facesvc.gallery.stores.redis.toolkit.script import Argument
from facesvc.gallery.stores.redis.toolkit.sweep import generation_of

EVERY_S = 60.0
_CUT_AT_ONCE = 256
_READ_AT_ONCE = 1000

_log = structlog.get_logger(__name__)

Entry = tuple[bytes, Sequence[bytes]]


class EventUpkeep:
    """Every replica does it; twice is harmless."""

    def __init__(self, parts: Parts, codec: EventCodec, shelf: RedisShelf) -> None:
        self.pending = codec.ring.seals  # until every record has the current key
        self._shelf = shelf
        self._parts = parts
        self._codec = codec
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="event-upkeep", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """Stop."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()

    def trim(self, now: float) -> int:
        """Cut off what is too old; ``now`` in seconds since 1970; return how many. Raises
        RedisError.
        """
        gone = 0
        if self._codec.keep is not None:
            before = int((now - self._codec.keep.seconds) * 1e6)
            for part in self._parts.of(""):
                cut = _CUT_AT_ONCE
                while cut == _CUT_AT_ONCE and not self._closing.is_set():
                    args: dict[str, Argument] = {
                        "base": part.base,
                        "count": _CUT_AT_ONCE,
                        "before": before,
                    }
                    cut = int(scripts.TRIM.run(part.client(), {"meta": part.meta}, args))
                    gone += cut
        return gone

    def reseal(self) -> None:
        """Seal every event and letter with the current key. Raises RedisError, SealError,
        StoreUnavailableError.
        """
        self._shelf.reseal()
        for part in self._parts.of(""):
            renewed: list[Argument] = []
            for entry, fields in entries_of(part):
                data = self._codec.resealed(fields)
                if data is not None:
                    renewed += [entry, data]
            if renewed:
                args = {"base": part.base}
                scripts.REWRITE.run(part.client(), {"log": part.log}, args, renewed)

    def erase(self, gone: GoneUsers) -> dict[str, int]:
        """Take out events that name users who are gone; return how many of each collection. Raises
        RedisError, SealError.
        """
        counts: dict[str, int] = {}
        for part in self._parts.of(""):
            without: list[Argument] = []
            for entry, fields in entries_of(part):
                event = self._codec.event_of(part.collection, fields)
                if gone.named_by(event):
                    without += [entry, b""]
                    counts[event.collection] = counts.get(event.collection, 0) + 1
            args = {"base": part.base}
            # Also without any: the server keeps the bytes of what was cut off for a while.
            scripts.REWRITE.run(part.client(), {"log": part.log}, args, without)
        return counts

    def is_enrolled(self, collection: str, user_id: str) -> bool:
        """Tell whether any server has the user. Raises RedisError."""
        base = keys.base(collection)
        clients: list[Any] = [connector.primary(base) for connector in self._parts.servers]
        return any(
            client.exists(f"{base}u:{generation_of(client, collection)}:{user_id}")
            for client in clients
        )

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                if self.pending:
                    self.reseal()
                    self.pending = False
                self.trim(time.time())
            except (RedisError, OSError, FaceError) as error:
                _log.warning("event_upkeep_failed", error=type(error).__name__)
            self._closing.wait(EVERY_S)


def entries_of(part: Part) -> Iterator[Entry]:
    """Yield every entry of a log. Raises RedisError."""
    client: Any = part.client()  # redis-py types every answer as text too
    start = "-"
    while True:
        found = client.execute_command("XRANGE", part.log, start, "+", "COUNT", _READ_AT_ONCE)
        pairs = list(found.items()) if isinstance(found, dict) else found
        for entry, fields in pairs:
            yield entry, _flat(fields)
        if len(pairs) < _READ_AT_ONCE:
            return
        number, _, part_of = pairs[-1][0].partition(b"-")
        start = f"{int(number)}-{int(part_of) + 1}"


def _flat(fields: Any) -> Sequence[bytes]:
    """Return names and values in turn, as scripts get them; redis-py makes a dict of them."""
    return (
        [part for pair in fields.items() for part in pair] if isinstance(fields, dict) else fields
    )
