"""The shelf of dead letters in Redis, beside the events that are no writes."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from facesvc.domain.gallery_errors import StoreTask
from facesvc.gallery.stores.redis.toolkit import event_scripts as scripts
from facesvc.gallery.stores.redis.toolkit.connection import Connector
from facesvc.gallery.stores.redis.toolkit.event_parts import EVENTS_BASE
from facesvc.gallery.stores.redis.toolkit.script import Argument
from facesvc.gallery.stores.redis.toolkit.server_faults import failing
from facesvc.gallery.stores.sealing import KeyRing

_NOTES, _LETTERS = EVENTS_BASE + "notes", EVENTS_BASE + "letters"
_ORDER, _LAST = EVENTS_BASE + "letters:order", EVENTS_BASE + "letters:last"
_SEALED = b"\x01"
_T = TypeVar("_T")


class RedisShelf:
    """A Shelf. A letter is sealed for its number."""

    def __init__(self, connector: Connector, ring: KeyRing) -> None:
        self._connector = connector
        self._ring = ring

    def note(self, name: str) -> str:
        """See Shelf."""
        return self._do(lambda client: client.hget(_NOTES, name) or b"").decode()

    def put_note(self, name: str, text: str) -> None:
        """See Shelf."""
        if text:
            self._do(lambda client: client.hset(_NOTES, name, text))
        else:
            self._do(lambda client: client.hdel(_NOTES, name))

    def put(self, number: int, record: bytes) -> None:
        """See Shelf."""

        def write(client: Any) -> None:
            at = number or int(client.incr(_LAST))
            places = {"letters": _LETTERS, "order": _ORDER}
            sealed = self._ring.seal(record, _identity(at)) if self._ring.seals else record
            scripts.PUT_LETTER.run(client, places, {"number": at, "record": sealed})

        self._do(write)

    def remove(self, numbers: Sequence[int]) -> None:
        """See Shelf."""

        def write(client: Any) -> None:
            if numbers:
                client.hdel(_LETTERS, *numbers)
                client.zrem(_ORDER, *numbers)

        self._do(write)

    def after(self, number: int, most: int) -> list[tuple[int, bytes]]:
        """See Shelf."""

        def read(client: Any) -> list[tuple[int, bytes]]:
            found = client.zrangebyscore(_ORDER, f"({number}", "+inf", start=0, num=most)
            records = client.hmget(_LETTERS, found) if found else []
            pairs = zip(map(int, found), records, strict=True)
            return [(at, self._opened(at, data)) for at, data in pairs if data]

        return self._do(read)

    def count(self) -> int:
        """See Shelf."""
        return int(self._do(lambda client: client.hlen(_LETTERS)))

    def hold(self, name: str, holder: str, seconds: float) -> bool:
        """See Shelf."""
        args: dict[str, Argument] = {"holder": holder, "milliseconds": int(seconds * 1000)}
        places = {"lease": EVENTS_BASE + f"lease:{name}"}
        return bool(self._do(lambda client: scripts.HOLD.run(client, places, args)))

    def let_go(self, name: str, holder: str) -> None:
        """See Shelf."""
        places = {"lease": EVENTS_BASE + f"lease:{name}"}
        self._do(lambda client: scripts.LET_GO.run(client, places, {"holder": holder}))

    def reseal(self) -> None:
        """Seal every letter with the current key. Raises StoreUnavailableError, SealError."""
        last = 0
        while records := self.after(last, 256):
            for number, record in records:
                self.put(number, record)
                last = number

    def _opened(self, number: int, data: bytes) -> bytes:
        if data[:1] == _SEALED:
            return self._ring.open(data, _identity(number))
        self._ring.check_plain()
        return data

    def _do(self, work: Callable[[Any], _T]) -> _T:
        with failing(StoreTask.WRITE):
            return work(self._connector.primary(EVENTS_BASE))


def _identity(number: int) -> bytes:
    return json.dumps(("letter", number)).encode()
