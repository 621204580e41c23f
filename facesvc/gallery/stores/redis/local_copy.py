"""The copy of the store that this replica follows: load, follow, check."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog

from facesvc.domain.gallery_errors import ForeignGalleryError
from facesvc.gallery.garbage_collection import collector_paused
from facesvc.gallery.stores.port import ChangeSink
from facesvc.gallery.stores.redis import keys, lua
from facesvc.gallery.stores.redis.codec import Codec
from facesvc.gallery.stores.redis.connection import Connector
from facesvc.gallery.stores.redis.log_feed import Feed, RawEntry
from facesvc.gallery.stores.redis.log_replay import Entry, Fetched, OutOfStepError, Tail
from facesvc.gallery.stores.redis.registry import Meta, Registry, Survey
from facesvc.gallery.stores.redis.script import Argument, Script
from facesvc.gallery.stores.redis.snapshot import Snapshot, load_collection

FETCH = Script(lua.FETCH)
STALLED_CHECKS = 2  # a log that should go on and does not, at this many checks, was trimmed

_log = structlog.get_logger(__name__)


class GalleryCopy:
    """Keeps a sink in step. Used by one thread a time; ``told`` hears of every position."""

    def __init__(
        self,
        connector: Connector,
        recognizer: str,
        codec: Codec,
        sink: ChangeSink,
        told: Callable[[str, int], None],
    ) -> None:
        self._connector = connector
        self._recognizer = recognizer
        self._codec = codec
        self._sink = sink
        self._told = told
        self._registry = Registry(connector, recognizer)
        self._tails: dict[str, Tail] = {}
        self._foreign: frozenset[str] = frozenset()
        self._position = "0-0"
        self._stalled: dict[str, int] = {}
        self.stale_records = False  # some are not sealed with the current key

    def load(self, *, refuse_others: bool = False) -> None:
        """Load everything afresh. Raises RedisError; ForeignGalleryError with ``refuse_others``
        when there are collections and none is this recognizer's.
        """
        survey = self._registry.survey(self._tails)
        served = survey.served(self._recognizer)
        catalog = survey.catalog(self._recognizer)
        if refuse_others and catalog.foreign and not served:
            raise ForeignGalleryError(sorted(set(catalog.foreign.values())), self._recognizer)
        snapshot = Snapshot()
        for name, meta in survey.metas.items():
            if not meta.model:
                snapshot.tails[name] = Tail(name, meta.seq, meta.last)
        versions = {name: meta.seq for name, meta in served.items()}
        with collector_paused():
            for name, meta in served.items():
                load_collection(self._connector, self._codec, name, meta, snapshot)
            users = ((name, user.user_id, user) for name, user in snapshot.users)
            self._sink.reset(users, snapshot.blocks(), versions, catalog)
        self._tails = snapshot.tails
        self.stale_records = snapshot.stale
        self._adopt(survey)
        self._stalled.clear()
        for name, tail in self._tails.items():
            self._told(name, tail.version)

    def follow(self, feed: Feed) -> None:
        """Apply what the feed brings, once. Raises RedisError, OutOfStepError."""
        logs = {keys.log(name): tail for name, tail in self._tails.items()}
        positions = {log: f"{tail.version}-0" for log, tail in logs.items()}
        positions[keys.REGISTRY_LOG] = self._position
        found = feed.read(positions)
        registry = found.pop(keys.REGISTRY_LOG, [])
        for log, entries in found.items():
            self._apply(logs[log], entries)
        if registry:
            self.check(self._registry.survey(self._tails))

    def check(self, survey: Survey | None = None) -> None:
        """Compare with the counters of every collection. Raises OutOfStepError, RedisError."""
        survey = survey or self._registry.survey(self._tails)
        for name in survey.unregistered:
            self._registry.register(name)  # the registry's key was lost, or its server's data
        for name, tail in list(self._tails.items()):
            self._check_tail(tail, survey.metas.get(name))
        for name, meta in survey.metas.items():
            if name not in self._tails and meta.model in {"", self._recognizer}:
                self._meet(name, meta)
        catalog = survey.catalog(self._recognizer)
        self._sink.set_catalog(catalog)
        self._adopt(survey)

    def _adopt(self, survey: Survey) -> None:
        self._foreign = frozenset(survey.catalog(self._recognizer).foreign)
        self._position = survey.position
        self._told(keys.REGISTRY_LOG, position_number(survey.position))

    def _check_tail(self, tail: Tail, meta: Meta | None) -> None:
        name = tail.collection
        meta = meta or Meta(0, "", "", "0")
        tail.check_end(meta.seq, meta.last)
        if meta.seq == tail.version:
            self._stalled.pop(name, None)
            return
        stalled = self._stalled.get(name, 0) + 1
        self._stalled[name] = stalled
        if stalled > STALLED_CHECKS:
            raise OutOfStepError(f"{name}: the log ends before version {meta.seq}")

    def _meet(self, name: str, meta: Meta) -> None:
        """Begin to follow a collection that appeared since the load."""
        if not meta.model:
            self._tails[name] = Tail(name, meta.seq, meta.last)
        elif name in self._foreign:
            raise OutOfStepError(f"{name}: the collection has changed hands")
        else:
            self._tails[name] = Tail(name, 0, "")  # a log without its beginning is a gap

    def _apply(self, tail: Tail, raw: Sequence[RawEntry]) -> None:
        entries = [Entry.parse(entry_id, fields) for entry_id, fields in raw]
        fetched = self._fetch(tail, [entry for entry in entries if entry.enrolls])
        self._stalled.pop(tail.collection, None)
        for entry in entries:
            if entry.model and entry.model != self._recognizer:
                tail.check_next(entry)
                del self._tails[tail.collection]  # another recognizer's from here on
                self._foreign |= {tail.collection}
                self._sink.set_catalog(self._registry.survey().catalog(self._recognizer))
                return
            record = fetched.get(entry.version)
            self._sink.apply(tail.advance(entry, record, self._codec, self._recognizer))
            self._told(tail.collection, tail.version)

    def _fetch(self, tail: Tail, entries: list[Entry]) -> dict[int, Fetched]:
        if not entries:
            return {}
        base = keys.base(tail.collection)
        args: list[Argument] = [base]
        for entry in entries:
            args += [entry.generation, entry.user_id, entry.sample_id]
        client = self._connector.primary(base)
        version, link, *answers = FETCH.run(client, [keys.meta(tail.collection)], args)
        tail.reach(int(version), bytes(link).decode(), least=entries[-1].version)
        return {entry.version: answer for entry, answer in zip(entries, answers, strict=True)}


def position_number(stream_id: str) -> int:
    """Return a stream id as one growing number."""
    milliseconds, _, sequence = stream_id.partition("-")
    return (int(milliseconds) << 20) + int(sequence)
