"""What is known between two surveys of the servers: collections, aliases, counts, who is away."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from redis.exceptions import RedisError

from facesvc.domain.collection_settings import NEVER_SET, KeptSettings
from facesvc.domain.errors import StoreUnavailableError
from facesvc.domain.gallery import CollectionInfo, GalleryStatus
from facesvc.domain.gallery_errors import ForeignCollectionError, StoreTask
from facesvc.gallery.sharded.shard import Count, Shard
from facesvc.gallery.stores.redis.toolkit.registry import Survey
from facesvc.gallery.stores.redis.toolkit.server_faults import failing, fault_of

SURVEY_S = 1.0  # how long another replica's alias or collection may stay unknown


class ServerMonitor:
    """Surveys every server each second, in a thread of its own. Thread-safe."""

    def __init__(self, shards: Sequence[Shard], recognizer: str) -> None:
        self._shards = shards
        self._recognizer = recognizer
        self._closing = threading.Event()
        self._surveying = threading.Lock()
        self._upkeep: Callable[[], None] = lambda: None
        self._thread = threading.Thread(target=self._run, name="redis-search-monitor", daemon=True)
        self._failure = ""
        self._seen = time.monotonic()
        self._written: set[tuple[int, str]] = set()
        self.aliases: Mapping[str, str] = {}
        self.foreign: Mapping[str, str] = {}
        self.settings: Mapping[str, KeptSettings] = {}
        self.infos: Mapping[str, CollectionInfo] = {}

    def start(self, upkeep: Callable[[], None]) -> None:
        """Begin to survey each second, and to do what else is to be done then; that raises
        RedisError, StoreUnavailableError.
        """
        self._upkeep = upkeep
        self._thread.start()

    def close(self) -> None:
        """Stop."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()

    def resolve(self, collection: str) -> str:
        """Return the real name behind a name. Raises ForeignCollectionError."""
        name = self.aliases.get(collection, collection)
        if name in self.foreign:
            raise ForeignCollectionError(name, self.foreign[name], self._recognizer)
        return name

    def knows(self, collection: str) -> bool:
        """Tell whether there is a collection of this real name; asks the servers when it is new.
        Raises StoreUnavailableError.
        """
        if collection not in self.infos:
            with failing(StoreTask.READ):
                self.refresh()
        return collection in self.infos

    def aliases_of(self, collection: str) -> list[str]:
        """Return the aliases that lead to a collection, sorted."""
        return sorted(alias for alias, target in self.aliases.items() if target == collection)

    def is_first_write(self, shard: Shard, collection: str) -> bool:
        """Tell whether the server's registry may not have the collection's name yet; from then
        on it is taken to have it.
        """
        key = (shard.number, collection)
        first = key not in self._written
        self._written.add(key)
        return first

    def refresh(self) -> None:
        """Survey the servers now. Raises RedisError, StoreUnavailableError."""
        with self._surveying:
            self._take([shard.survey() for shard in self._shards])

    def collections(self) -> list[CollectionInfo]:
        """Return every collection, sorted by name."""
        others = [
            CollectionInfo(
                name, model, 0, 0, 0, served=False, kept=self.settings.get(name, NEVER_SET)
            )
            for name, model in self.foreign.items()
        ]
        return sorted([*self.infos.values(), *others], key=lambda info: info.name)

    def status(self) -> GalleryStatus:
        """Return the counts, and "degraded" while a server is away."""
        away = bool(self._failure)
        return GalleryStatus(
            store="redis-search",
            state="degraded" if away else "ok",
            collections=len(self.infos),
            users=sum(info.users for info in self.infos.values()),
            samples=sum(info.samples for info in self.infos.values()),
            staleness_s=time.monotonic() - self._seen if away else 0.0,
            detail=self._failure,
        )

    def _run(self) -> None:
        while not self._closing.wait(SURVEY_S):
            try:
                self.refresh()
                self._upkeep()
            except StoreUnavailableError as error:
                self._failure = error.message
            except (RedisError, OSError) as error:
                self._failure = fault_of(error).sentence
                self._written.clear()

    def _take(self, surveys: list[tuple[Survey, dict[str, Count]]]) -> None:
        users: Counter[str] = Counter()
        samples: Counter[str] = Counter()
        versions: Counter[str] = Counter()
        foreign: dict[str, str] = {}
        for survey, counts in surveys:
            for name, count in counts.items():
                users[name] += count.users
                samples[name] += count.samples
            foreign.update(survey.catalog(self._recognizer).foreign)
            for name, meta in survey.served(self._recognizer).items():
                versions[name] += meta.seq
        first = surveys[0][0]
        self.aliases, self.foreign = first.aliases, foreign
        self.settings = first.catalog(self._recognizer).settings
        self.infos = {
            name: CollectionInfo(
                name,
                self._recognizer,
                version,
                users[name],
                samples[name],
                tuple(self.aliases_of(name)),
                kept=self.settings.get(name, NEVER_SET),
            )
            for name, version in versions.items()
        }
        self._seen, self._failure = time.monotonic(), ""
