"""Sealing every record again with the current key, while the service runs.

Every replica that found an older record at its start does this; a record is replaced only where
it is still the one that was read, so they and the writers do not disturb each other.
"""

from __future__ import annotations

import threading
from typing import Any

import structlog
from redis.exceptions import RedisError

from facesvc.domain.gallery_errors import SealError
from facesvc.gallery.stores.redis import scripts
from facesvc.gallery.stores.redis.codec import Codec
from facesvc.gallery.stores.redis.toolkit import keys
from facesvc.gallery.stores.redis.toolkit.connection import Connector
from facesvc.gallery.stores.redis.toolkit.registry import Registry

AGAIN_S = 5.0  # after a failure

_log = structlog.get_logger(__name__)


class Rotation:
    """One walk over all records, in a thread of its own; ``pending`` until its end."""

    def __init__(
        self, connector: Connector, registry: Registry, codec: Codec, recognizer: str
    ) -> None:
        self._connector = connector
        self._registry = registry
        self._codec = codec
        self._recognizer = recognizer
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="redis-rotation", daemon=True)
        self.pending = True
        self.sealed = 0

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """Stop; a later start goes on."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while self.pending and not self._closing.is_set():
            try:
                served = self._registry.survey().served(self._recognizer)
                for collection, meta in served.items():
                    self._collection(collection, meta.generation)
                self.pending = self._closing.is_set()
            except (RedisError, OSError, SealError) as error:
                _log.warning("gallery_rotation_failed", error=type(error).__name__)
                self._closing.wait(AGAIN_S)
        _log.info("gallery_rotated", records=self.sealed, complete=not self.pending)

    def _collection(self, collection: str, generation: str) -> None:
        base = keys.base(collection)
        client: Any = self._connector.primary(base)  # redis-py types every answer as text too
        for raw in client.sscan_iter(f"{base}users:{generation}", count=100):
            if self._closing.is_set():
                return
            user_id = raw.decode()
            record = f"{base}u:{generation}:{user_id}"
            name, metadata, ids = client.hmget(record, "b", "j", "i")
            place = (collection, user_id)
            self._reseal(client, record, {"b": ("name", name), "j": ("metadata", metadata)}, place)
            for sample_id in (ids or b"").decode().split():
                key = f"{base}s:{generation}:{sample_id}"
                embedding = client.hget(key, "e")
                self._reseal(client, key, {"e": ("sample", embedding)}, (*place, sample_id))

    def _reseal(
        self,
        client: Any,
        key: str,
        fields: dict[str, tuple[str, bytes | None]],
        place: tuple[str, ...],
    ) -> None:
        args: list[str | bytes | int | float] = []
        for field, (kind, data) in fields.items():
            if data and not self._codec.is_current(data):
                args += [field, data, self._codec.reseal(kind, place, data)]
        if args:
            self.sealed += int(scripts.RESEAL.run(client, {"record": key}, {}, args))
