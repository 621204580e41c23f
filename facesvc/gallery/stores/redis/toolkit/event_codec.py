"""Events as the entries of a Redis stream."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from facesvc.domain.events import Event, Retention
from facesvc.gallery.stores.records import from_microseconds
from facesvc.gallery.stores.redis.toolkit.script import Argument
from facesvc.gallery.stores.sealing import KeyRing

_SEALED = b"\x01"  # sealing.py's marker; JSON text never starts with it


@dataclass(frozen=True)
class EventCodec:
    """``keep`` bounds each log, None where there are no events. Who an event is about is sealed as
    names are; opening raises SealError.
    """

    keep: Retention | None = None
    ring: KeyRing = field(default_factory=KeyRing)

    def arguments(self, event: Event | None) -> dict[str, Argument]:
        """Return the event of a write as the arguments of its script."""
        if event is None or self.keep is None:
            return {"event": "", "event_kind": "", "event_data": "", "events_kept": 0}
        return {
            "event": event.event_id,
            "event_kind": str(event.kind),
            "event_data": self.pack(event),
            "events_kept": self.keep.count,
        }

    def pack(self, event: Event) -> bytes:
        """Return what an entry keeps of an event beside its id, kind and time."""
        told = {"user_id": event.user_id, **event.data} if event.user_id else dict(event.data)
        plain = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
        return self.ring.seal(plain, _identity(event.event_id)) if self.ring.seals else plain

    def event_of(self, collection: str, fields: Sequence[bytes]) -> Event:
        """Return the event of an entry in the log of a collection, "" for one that says its own."""
        held = dict(zip(fields[::2], fields[1::2], strict=True))
        event_id = held[b"i"].decode()
        told: dict[str, Any] = json.loads(self._open(held[b"d"], event_id))
        user_id = told.pop("user_id", "")
        data: dict[str, Any] = {}
        if b"v" in held:
            data["version"] = int(held[b"v"])
            if int(held[b"n"]):
                data["samples"] = int(held[b"n"])
        return Event(
            held[b"k"].decode(),
            collection or held[b"c"].decode(),
            user_id,
            data | told,
            from_microseconds(int(held[b"t"])),
            event_id,
        )

    @staticmethod
    def id_of(fields: Sequence[bytes]) -> str:
        """Return the id of an entry's event."""
        return dict(zip(fields[::2], fields[1::2], strict=True))[b"i"].decode()

    def resealed(self, fields: Sequence[bytes]) -> bytes | None:
        """Return an entry's data sealed with the current key, None when it is already."""
        held = dict(zip(fields[::2], fields[1::2], strict=True))
        data, event_id = held[b"d"], held[b"i"].decode()
        sealed = data[:1] == _SEALED
        if self.ring.is_current(data) if sealed else not self.ring.seals:
            return None
        plain = self._open(data, event_id)
        return self.ring.seal(plain, _identity(event_id)) if self.ring.seals else plain

    def _open(self, data: bytes, event_id: str) -> bytes:
        if data[:1] == _SEALED:
            return self.ring.open(data, _identity(event_id))
        self.ring.check_plain()
        return data


def _identity(event_id: str) -> bytes:
    return json.dumps(("event", event_id)).encode()
