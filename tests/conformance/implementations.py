"""Every implementation of the gallery, how a test opens it, and what it declares to lack."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from facesvc.application.ports.gallery import Gallery
from facesvc.domain.events import Retention
from facesvc.gallery.indexed_gallery import IndexedGallery
from facesvc.gallery.sharded.sharded_gallery import ShardedGallery
from facesvc.gallery.stores.memory import MemoryStore
from facesvc.gallery.stores.redis.store import RedisStore
from facesvc.gallery.stores.sealing import KeyRing
from facesvc.gallery.stores.sqlite.store import SqliteStore
from harness.redis_servers import RedisServer, engine
from tests.conformance.capabilities import Capability, UnsupportedError
from tests.fake_gallery import FakeGallery
from tests.unit.gallery.gallery_fixtures import DIGEST

SHARDS = 3
KEY, OTHER_KEY = os.urandom(32), os.urandom(32)


class OpenGallery(Gallery, Protocol):
    """A gallery that can be closed."""

    def close(self) -> None: ...


@dataclass(frozen=True)
class Options:
    """How a gallery is opened. ``keys`` None is the implementation's own choice; ``events`` bounds
    the log of events, None keeps none.
    """

    recognizer: str = DIGEST
    keys: tuple[bytes, ...] | None = None
    beside_foreign: bool = False
    events: Retention | None = None


class Place(Protocol):
    """Where a gallery is kept: files, servers or nothing."""

    def open(self, options: Options) -> OpenGallery:
        """Open the gallery that is kept here, once more. Raises UnsupportedError."""
        ...

    def empty(self) -> None:
        """Forget everything; nothing is open."""
        ...


@dataclass(frozen=True)
class Implementation:
    """One column of the table. ``lacks`` gives a reason for each capability that it lacks."""

    name: str
    place: Callable[[Path], contextmanager[Place]] = field(repr=False)
    lacks: Mapping[Capability, str] = field(default_factory=dict, repr=False)


class _MemoryPlace:
    def open(self, options: Options) -> OpenGallery:
        if options.keys is not None or options.beside_foreign:
            raise UnsupportedError("Memory has neither keys nor other recognizers.")
        store = MemoryStore(recognizer=options.recognizer, events=options.events)
        gallery = IndexedGallery(store)
        gallery.open()
        return gallery

    def empty(self) -> None:
        pass


class _FakePlace:
    def open(self, options: Options) -> OpenGallery:
        if options.keys is not None or options.beside_foreign:
            raise UnsupportedError("The fake has neither keys nor other recognizers.")
        if options.events is not None:
            raise UnsupportedError("The fake keeps no events.")
        return FakeGallery(options.recognizer)

    def empty(self) -> None:
        pass


class _SqlitePlace:
    def __init__(self, folder: Path, keys: tuple[bytes, ...]) -> None:
        self._folder = folder
        self._keys = keys
        self._numbers = itertools.count()
        self.empty()

    def open(self, options: Options) -> OpenGallery:
        store = SqliteStore(
            self._path,
            recognizer=options.recognizer,
            ring=_ring(self._keys if options.keys is None else options.keys),
            allow_foreign=options.beside_foreign,
            events=options.events,
        )
        gallery = IndexedGallery(store)
        gallery.open()
        return gallery

    def empty(self) -> None:
        self._path = self._folder / f"gallery-{next(self._numbers)}.sqlite3"


class _RedisPlace:
    def __init__(self, server: RedisServer, keys: tuple[bytes, ...]) -> None:
        self._server = server
        self._keys = keys

    def open(self, options: Options) -> OpenGallery:
        store = RedisStore(
            self._server.patient_url,
            options.recognizer,
            ring=_ring(self._keys if options.keys is None else options.keys),
            allow_foreign=options.beside_foreign,
            events=options.events,
        )
        gallery = IndexedGallery(store)
        gallery.open()
        return gallery

    def empty(self) -> None:
        self._server.client().flushall()


class _ShardedPlace:
    def __init__(self, servers: list[RedisServer]) -> None:
        self._servers = servers

    def open(self, options: Options) -> OpenGallery:
        if options.keys is not None:
            raise UnsupportedError("The servers must see the vectors.")
        urls = [server.patient_url for server in self._servers]
        gallery = ShardedGallery(
            urls,
            options.recognizer,
            allow_foreign=options.beside_foreign,
            events=options.events,
        )
        gallery.open()
        return gallery

    def empty(self) -> None:
        for server in self._servers:
            server.client().flushall()


def _ring(keys: tuple[bytes, ...]) -> KeyRing | None:
    return KeyRing(list(keys)) if keys else None


@contextmanager
def _memory(_: Path) -> Iterator[Place]:
    yield _MemoryPlace()


@contextmanager
def _fake(_: Path) -> Iterator[Place]:
    yield _FakePlace()


def _sqlite(*keys: bytes) -> Any:
    @contextmanager
    def place(folder: Path) -> Iterator[Place]:
        yield _SqlitePlace(folder, keys)

    return place


def _redis(program: str, *keys: bytes) -> Any:
    @contextmanager
    def place(folder: Path) -> Iterator[Place]:
        with _servers(program, folder, 1) as (server,):
            yield _RedisPlace(server, keys)

    return place


@contextmanager
def _sharded(folder: Path) -> Iterator[Place]:
    with _servers("redis-stack", folder, SHARDS) as servers:
        yield _ShardedPlace(servers)


@contextmanager
def _servers(program: str, folder: Path, count: int) -> Iterator[list[RedisServer]]:
    found = engine(program)
    assert not found.missing, found.missing  # all come with the development packages
    with ExitStack() as stack:
        servers = [RedisServer(found, folder / f"{program}-{n}") for n in range(count)]
        for server in servers:
            stack.callback(server.start().stop)
        yield servers


_KEEPS_NOTHING = {
    Capability.DURABLE: "it ends with its process",
    Capability.SHARED: "it is in the memory of one process",
    Capability.SEALED: "nothing is kept that could be sealed",
    Capability.FOREIGN: "a process has one recognizer",
}
_ONE_OWNER = {Capability.SHARED: "one process owns the file"}
_BY_USER = "each server has the counter and the receipts of its own users"

IMPLEMENTATIONS = (
    Implementation("memory", _memory, _KEEPS_NOTHING),
    Implementation("SQLite", _sqlite(), _ONE_OWNER),
    Implementation("sealed SQLite", _sqlite(KEY), _ONE_OWNER),
    Implementation("Valkey", _redis("valkey")),
    Implementation("sealed Valkey", _redis("valkey", KEY)),
    Implementation("Redis", _redis("redis")),
    Implementation(
        f"{SHARDS} searching Redis servers",
        _sharded,
        {
            Capability.EXACT: "the servers keep and search half precision",
            Capability.ONE_COUNTER: _BY_USER,
            Capability.ONE_RECEIPT_BOOK: _BY_USER,
            Capability.MIN_VERSION: "every write is visible at once: there is nothing to wait for",
            Capability.COUNTS_AT_ONCE: "counts are as of the last second",
            Capability.READS_WHEN_CLOSED: "the faces are in the servers, not in this process",
            Capability.SEALED: "the servers must see the vectors",
        },
    ),
    Implementation(
        "the tests' fake",
        _fake,
        {**_KEEPS_NOTHING, Capability.EVENTS: "it stands in where nobody reads events"},
    ),
)
