"""The EventLog over Redis: every part of it read side by side."""

from __future__ import annotations

import heapq
import secrets
import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import structlog

from facesvc.application.call import Call
from facesvc.domain.event_cursor import Cursor, CursorExpiredError, EventPage, Position
from facesvc.domain.events import Event, EventKind
from facesvc.domain.gallery_errors import StoreTask
from facesvc.gallery.stores.delivery_book import StoredDeliveryBook
from facesvc.gallery.stores.gone_users import GoneUsers
from facesvc.gallery.stores.records import to_microseconds
from facesvc.gallery.stores.redis.toolkit import event_scripts as scripts
from facesvc.gallery.stores.redis.toolkit.event_codec import EventCodec
from facesvc.gallery.stores.redis.toolkit.event_parts import (
    Held,
    Part,
    Parts,
    number_of,
    read_parts,
)
from facesvc.gallery.stores.redis.toolkit.event_upkeep import EventUpkeep
from facesvc.gallery.stores.redis.toolkit.letter_shelf import RedisShelf
from facesvc.gallery.stores.redis.toolkit.posted_events import PostedEvents
from facesvc.gallery.stores.redis.toolkit.replicas import NO_REPLICAS, Replicas
from facesvc.gallery.stores.redis.toolkit.server_faults import failing

LOOK_EVERY_S = 0.25  # for events of other replicas

_log = structlog.get_logger(__name__)


class RedisEventLog:
    """An EventLog. ``codec`` must keep events; ``replicas`` have what is waited for."""

    def __init__(self, parts: Parts, codec: EventCodec, replicas: Replicas) -> None:
        self._parts = parts
        self._replicas = replicas
        self._codec = codec
        self._news = threading.Condition()
        self.written = 0
        self._posted = PostedEvents(self._store)
        shelf = RedisShelf(parts.servers[0], codec.ring)
        self.upkeep = EventUpkeep(parts, codec, shelf)
        self.deliveries = StoredDeliveryBook(shelf)

    def start(self) -> None:
        """Begin to keep the log short."""
        self.upkeep.start()
        self._posted.start()

    def close(self) -> None:
        """Store what was posted, and end the threads."""
        self._posted.close()
        self.upkeep.close()

    def append(self, events: Sequence[Event], call: Call, *, wait: bool) -> None:
        """See EventJournal."""
        if not wait:
            self._posted.put(events)
            return
        call.check()
        with failing(StoreTask.WRITE):
            self._store(events, self._replicas)

    def read(self, cursor: Cursor, collection: str, most: int, call: Call) -> EventPage:
        """See EventLog."""
        call.check()
        with failing(StoreTask.READ):
            parts = self._parts.of(collection)
            now = read_parts(dict.fromkeys(parts, 0), 0)
            after = _positions(cursor, now)
            behind = [part for part, held in now.items() if held.last > after[part].number]
            share = max(1, most // max(1, len(behind)))
            # With the one that was read last.
            found = read_parts({part: after[part].number for part in behind}, share + 1)
        for part, held in found.items():
            if held.epoch != now[part].epoch or not _is_continued(after[part], held):
                raise CursorExpiredError(_cursor(cursor, _oldest(now)))
        found = {part: _behind(after[part], held, share) for part, held in found.items()}
        events = [self._events(part, held) for part, held in found.items()]
        for part, held in found.items():
            if held.entries:
                entry, fields = held.entries[-1]
                event_id = self._codec.id_of(fields)
                after[part] = Position.behind(held.epoch, number_of(entry), event_id)
            else:  # what was erased has left no entry
                after[part] = Position(held.epoch, now[part].last)
        wanted = [
            event
            for event in heapq.merge(*events, key=lambda event: event.time)
            if collection in ("", event.collection)
        ]
        return EventPage(wanted, _cursor(cursor, after), more=bool(behind))

    def newest(self, collection: str, call: Call) -> Cursor:
        """See EventLog."""
        call.check()
        with failing(StoreTask.READ):
            now = read_parts(dict.fromkeys(self._parts.of(collection), 0), 0)
        return _cursor(Cursor(), {part: Position(h.epoch, h.last) for part, h in now.items()})

    def wait(self, seconds: float) -> None:
        """See EventLog."""
        with self._news:
            self._news.wait(min(seconds, LOOK_EVERY_S))

    def erase(self, call: Call) -> None:
        """Take out events that name users who are gone, and tell it by an event a collection.
        Raises RedisError, StoreUnavailableError.
        """
        gone = GoneUsers(self.upkeep.is_enrolled)
        self.deliveries.erase(lambda letter: gone.named_by(letter.event))
        counts = self.upkeep.erase(gone)
        told = [
            Event(EventKind.EVENTS_ERASED, collection, data={"events": count})
            for collection, count in counts.items()
        ]
        if told:
            self.append(told, call, wait=True)

    def tell(self, count: int) -> None:
        """Wake those who wait: this replica wrote something."""
        with self._news:
            self.written += count
            self._news.notify_all()

    def _events(self, part: Part, held: Held) -> list[Event]:
        return [self._codec.event_of(part.collection, fields) for _, fields in held.entries]

    def _store(self, events: Sequence[Event], replicas: Replicas = NO_REPLICAS) -> None:
        part, rest = self._parts.others(), list[Any]()
        for event in events:
            moment = to_microseconds(event.time)
            rest += [event.event_id, str(event.kind), event.collection, moment]
            rest.append(self._codec.pack(event))
        args = self._codec.arguments(events[0])
        replicas.run(
            scripts.APPEND,
            part.client(),
            {"meta": part.meta},
            {
                "base": part.base,
                "events_kept": args["events_kept"],
                "epoch": secrets.token_hex(8),
            },
            rest,
        )
        self.tell(len(events))


def _positions(cursor: Cursor, now: dict[Part, Held]) -> dict[Part, Position]:
    """Return where each part is read from. Raises CursorExpiredError."""
    found, expired = {}, False
    for part, held in now.items():
        at = cursor.positions.get(part.name)
        if at is None:
            at = Position(held.epoch, 0)
            if cursor.from_oldest and not cursor.positions:
                at = Position(held.epoch, held.trimmed)
        begun_anew = at.epoch != held.epoch and (at.epoch != "" or at.number > 0)
        expired |= begun_anew or at.number > held.last or at.number < held.trimmed
        found[part] = at
    if expired:
        raise CursorExpiredError(_cursor(cursor, _oldest(now)))
    return found


def _is_continued(at: Position, held: Held) -> bool:
    """Tell whether the log still has, at the position, what was read there."""
    if not held.entries or number_of(held.entries[0][0]) != at.number:
        return True  # it was erased, or nothing was read yet
    return at.fits(EventCodec.id_of(held.entries[0][1]))


def _behind(at: Position, held: Held, most: int) -> Held:
    """Return what is behind the position."""
    entries = [pair for pair in held.entries if number_of(pair[0]) > at.number]
    return replace(held, entries=entries[:most])


def _oldest(now: dict[Part, Held]) -> dict[Part, Position]:
    return {part: Position(held.epoch, held.trimmed) for part, held in now.items()}


def _cursor(before: Cursor, positions: dict[Part, Position]) -> Cursor:
    """Return the cursor of these positions, and of the parts that were not looked at."""
    return Cursor({**before.positions, **{part.name: at for part, at in positions.items()}})
