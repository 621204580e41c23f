"""The copy of the store that this replica follows: load, follow, check."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog

from facesvc.domain.gallery_errors import ForeignGalleryError
from facesvc.gallery.garbage_collection import collector_paused
from facesvc.gallery.stores.port import ChangeSink
from facesvc.gallery.stores.redis import scripts
from facesvc.gallery.stores.redis.codec import Codec
from facesvc.gallery.stores.redis.log_feed import LogFeed, RawEntry
from facesvc.gallery.stores.redis.log_replay import Entry, Fetched, LogReplay, OutOfStepError
from facesvc.gallery.stores.redis.snapshot import Snapshot, load_collection
from facesvc.gallery.stores.redis.toolkit import keys
from facesvc.gallery.stores.redis.toolkit.connection import Connector
from facesvc.gallery.stores.redis.toolkit.registry import Meta, Registry, Survey
from facesvc.gallery.stores.redis.toolkit.script import Argument

STALLED_CHECKS = 2  # a log that should go on and does not, at this many checks, was trimmed

_log = structlog.get_logger(__name__)


class LocalCopy:
    """Keeps a sink in step. Used by one thread a time; ``on_position`` hears of each one."""

    def __init__(
        self,
        connector: Connector,
        recognizer: str,
        codec: Codec,
        sink: ChangeSink,
        on_position: Callable[[str, int], None],
    ) -> None:
        self._connector = connector
        self._recognizer = recognizer
        self._codec = codec
        self._sink = sink
        self._on_position = on_position
        self._registry = Registry(connector, recognizer)
        self._replays: dict[str, LogReplay] = {}
        self._foreign: frozenset[str] = frozenset()
        self._position = "0-0"
        self._stalled: dict[str, int] = {}
        self.stale_records = False  # some are not sealed with the current key

    def load(self, *, refuse_foreign: bool = False) -> None:
        """Load everything afresh. Raises RedisError; ForeignGalleryError with ``refuse_foreign``
        when there are collections and none is this recognizer's.
        """
        survey = self._registry.survey(self._replays)
        served = survey.served(self._recognizer)
        catalog = survey.catalog(self._recognizer)
        if refuse_foreign and catalog.foreign and not served:
            raise ForeignGalleryError(sorted(set(catalog.foreign.values())), self._recognizer)
        snapshot = Snapshot()
        for name, meta in survey.metas.items():
            if not meta.model:
                snapshot.replays[name] = LogReplay(name, meta.seq, meta.last)
        versions = {name: meta.seq for name, meta in served.items()}
        with collector_paused():
            for name, meta in served.items():
                load_collection(self._connector, self._codec, name, meta, snapshot)
            self._sink.reset(snapshot.users, snapshot.blocks(), versions, catalog)
        self._replays = snapshot.replays
        self.stale_records = snapshot.stale
        self._take_survey(survey)
        self._stalled.clear()
        for name, replay in self._replays.items():
            self._on_position(name, replay.version)

    def follow(self, feed: LogFeed) -> None:
        """Apply what the feed brings, once. Raises RedisError, OutOfStepError."""
        logs = {keys.log(name): replay for name, replay in self._replays.items()}
        positions = {log: f"{replay.version}-0" for log, replay in logs.items()}
        positions[keys.REGISTRY_LOG] = self._position
        found = feed.read(positions)
        registry = found.pop(keys.REGISTRY_LOG, [])
        for log, entries in found.items():
            self._apply(logs[log], entries)
        if registry:
            self.check(self._registry.survey(self._replays))

    def check(self, survey: Survey | None = None) -> None:
        """Compare with the counters of every collection. Raises OutOfStepError, RedisError."""
        survey = survey or self._registry.survey(self._replays)
        for name in survey.unregistered:
            self._registry.register(name)  # the registry's key was lost, or its server's data
        for name, replay in list(self._replays.items()):
            self._check_replay(replay, survey.metas.get(name))
        for name, meta in survey.metas.items():
            if name not in self._replays and meta.model in {"", self._recognizer}:
                self._follow_new(name, meta)
        catalog = survey.catalog(self._recognizer)
        self._sink.set_catalog(catalog)
        self._take_survey(survey)

    def _take_survey(self, survey: Survey) -> None:
        self._foreign = frozenset(survey.catalog(self._recognizer).foreign)
        self._position = survey.position
        self._on_position(keys.REGISTRY_LOG, position_number(survey.position))

    def _check_replay(self, replay: LogReplay, meta: Meta | None) -> None:
        name = replay.collection
        meta = meta or Meta(0, "", "", "0")
        replay.check_end(meta.seq, meta.last)
        if meta.seq == replay.version:
            self._stalled.pop(name, None)
            return
        stalled = self._stalled.get(name, 0) + 1
        self._stalled[name] = stalled
        if stalled > STALLED_CHECKS:
            raise OutOfStepError(f"{name}: the log ends before version {meta.seq}")

    def _follow_new(self, name: str, meta: Meta) -> None:
        """Begin to follow a collection that appeared since the load."""
        if not meta.model:
            self._replays[name] = LogReplay(name, meta.seq, meta.last)
        elif name in self._foreign:
            raise OutOfStepError(f"{name}: the collection has changed hands")
        else:
            self._replays[name] = LogReplay(name, 0, "")  # a log without its beginning is a gap

    def _apply(self, replay: LogReplay, raw: Sequence[RawEntry]) -> None:
        entries = [Entry.parse(entry_id, fields) for entry_id, fields in raw]
        fetched = self._fetch(replay, [entry for entry in entries if entry.wanted])
        self._stalled.pop(replay.collection, None)
        for entry in entries:
            if entry.model and entry.model != self._recognizer:
                replay.check_next(entry)
                del self._replays[replay.collection]  # another recognizer's from here on
                self._foreign |= {replay.collection}
                self._sink.set_catalog(self._registry.survey().catalog(self._recognizer))
                return
            records = fetched.get(entry.version, [])
            self._sink.apply(replay.advance(entry, records, self._codec, self._recognizer))
            self._on_position(replay.collection, replay.version)

    def _fetch(self, replay: LogReplay, entries: list[Entry]) -> dict[int, list[Fetched]]:
        if not entries:
            return {}
        base = keys.base(replay.collection)
        wanted: list[Argument] = []
        for entry in entries:
            for user_id, sample_id in entry.wanted:
                wanted += [entry.generation, user_id, sample_id]
        version, link, *answers = scripts.FETCH.run(
            self._connector.primary(base),
            {"meta": keys.meta(replay.collection)},
            {"base": base},
            wanted,
        )
        replay.reach(int(version), bytes(link).decode(), least=entries[-1].version)
        coming = iter(answers)
        return {entry.version: [next(coming) for _ in entry.wanted] for entry in entries}


def position_number(stream_id: str) -> int:
    """Return a stream id as one growing number."""
    milliseconds, _, sequence = stream_id.partition("-")
    return (int(milliseconds) << 20) + int(sequence)
