"""The parts of the log: one a collection on each server, and one for what is no write.

A write's event lies beside what was written, on the same cluster slot, since one
script writes both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import redis

from facesvc.gallery.stores.redis.toolkit import event_scripts as scripts
from facesvc.gallery.stores.redis.toolkit import keys
from facesvc.gallery.stores.redis.toolkit.connection import Connector
from facesvc.gallery.stores.redis.toolkit.script import Argument

OTHERS = "@events"  # not a collection's name: those have no "@"


@dataclass(frozen=True)
class Part:
    """One log. ``name`` is how cursors call it; ``collection`` whose it is, "" for everybody's."""

    name: str
    collection: str
    connector: Connector

    @property
    def base(self) -> str:
        """What its keys begin with."""
        return keys.base(self.collection) if self.collection else EVENTS_BASE

    @property
    def meta(self) -> str:
        """The key of its counters."""
        return self.base + "meta"

    @property
    def log(self) -> str:
        """The key of its entries."""
        return self.base + "events"

    def client(self) -> redis.Redis:
        """Return a client of its server. Raises RedisError."""
        return self.connector.primary(self.base)


EVENTS_BASE = f"{keys.PREFIX}:{{{OTHERS}}}:"


@dataclass(frozen=True)
class Held:
    """What a log has: its counters, and the entries that were asked for."""

    epoch: str
    last: int
    trimmed: int
    entries: Sequence[tuple[bytes, Sequence[bytes]]]


@dataclass(frozen=True)
class Parts:
    """``servers`` are the connectors of the gallery's servers; the first has what is no write."""

    servers: Sequence[Connector]

    def others(self) -> Part:
        """Return the part that is no collection's."""
        return Part(OTHERS, "", self.servers[0])

    def of(self, collection: str) -> list[Part]:
        """Return the parts that have a collection's events, all of them for "". Raises
        RedisError.
        """
        parts = [self.others()]
        for number, connector in enumerate(self.servers):
            if collection:
                names = [collection]
            else:
                registry: Any = connector.primary(keys.REGISTRY_NAMES)
                names = sorted(name.decode() for name in registry.smembers(keys.REGISTRY_NAMES))
            tail = f"@{number}" if number else ""
            parts += [Part(name + tail, name, connector) for name in names]
        return parts


def read_parts(wanted: Mapping[Part, int], count: int) -> dict[Part, Held]:
    """Return what the logs have from a number on each, at most ``count`` entries of each, in one
    round trip a server. Raises RedisError.
    """
    by_server: dict[int, tuple[Connector, dict[str, Part]]] = {}
    for part in wanted:
        at = by_server.setdefault(id(part.connector), (part.connector, {}))
        at[1][part.base] = part
    held: dict[Part, Held] = {}
    for connector, parts in by_server.values():
        for client, bases in connector.group(parts):
            client.script_load(scripts.READ.text)
            pipe: Any = client.pipeline(transaction=False)  # execute_command is untyped
            for base in bases:
                args: dict[str, Argument] = {
                    "base": base,
                    "first": wanted[parts[base]],
                    "count": count,
                }
                command = scripts.READ.command({"meta": parts[base].meta}, args)
                pipe.execute_command("EVALSHA", *command)
            for base, answer in zip(bases, pipe.execute(), strict=True):
                epoch, last, trimmed, entries = answer
                pairs = [(entry[0], entry[1]) for entry in entries]
                held[parts[base]] = Held(epoch.decode(), int(last), int(trimmed), pairs)
    return held


def number_of(entry_id: bytes) -> int:
    """Return the number in an entry's id, <number>-0."""
    return int(entry_id.partition(b"-")[0])
