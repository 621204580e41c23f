"""Which collections there are, whose they are, and the aliases of this recognizer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from facesvc.domain.collection_settings import NEVER_SET, KeptSettings
from facesvc.gallery.stores.port import Catalog
from facesvc.gallery.stores.redis.toolkit import keys, settings
from facesvc.gallery.stores.redis.toolkit.connection import Connector
from facesvc.gallery.stores.redis.toolkit.libraries import LUA
from facesvc.gallery.stores.redis.toolkit.script import Script

REGISTRY_LOG_LENGTH = 1_000  # only a signal to look again; what counts are the names
REGISTER = Script(LUA / "register.lua", keys=("names", "log"), args=("name", "log_length"))
SET_ALIAS = Script(
    LUA / "set_alias.lua", keys=("aliases", "log"), args=("alias", "collection", "log_length")
)


@dataclass(frozen=True)
class Meta:
    """A collection's counters: all zero before its first write. ``model`` is "" while nobody's
    recognizer owns it.
    """

    seq: int
    last: str
    model: str
    generation: str
    settings: KeptSettings = NEVER_SET
    settled_by: str = ""

    @property
    def owner(self) -> str:
        """Whose recognizer's collection it is: who enrolled in it, or gave it settings before
        anybody did; "" while it does not exist.
        """
        return self.model or self.settled_by


@dataclass(frozen=True)
class Survey:
    """Everything about the collections at one moment. ``position`` is where the registry's
    log stood before, so that following it from there misses nothing.
    """

    position: str
    metas: dict[str, Meta]
    unregistered: frozenset[str]
    aliases: dict[str, str]

    def catalog(self, recognizer: str) -> Catalog:
        """Return what the sink wants to know."""
        foreign = {
            name: meta.owner
            for name, meta in self.metas.items()
            if meta.owner not in {"", recognizer}
        }
        kept = {name: meta.settings for name, meta in self.metas.items() if meta.settings.version}
        return Catalog(self.aliases, foreign, kept)

    def served(self, recognizer: str) -> dict[str, Meta]:
        """Return the collections of this recognizer."""
        return {name: meta for name, meta in self.metas.items() if meta.owner == recognizer}


class Registry:
    """Reads and writes the registry's keys."""

    def __init__(self, connector: Connector, recognizer: str) -> None:
        self._connector = connector
        self._recognizer = recognizer

    def survey(self, known: Iterable[str] = ()) -> Survey:
        """Return the present state; ``known`` collections are looked at even when the registry
        has lost their names. Raises RedisError.
        """
        pipe = self._connector.primary(keys.REGISTRY_LOG).pipeline(transaction=False)
        pipe.xrevrange(keys.REGISTRY_LOG, count=1)
        pipe.smembers(keys.REGISTRY_NAMES)
        pipe.hgetall(keys.aliases(self._recognizer))
        newest, names, aliases = pipe.execute()
        registered = {name.decode() for name in names}
        metas = self._metas(registered | set(known))
        return Survey(
            position=newest[0][0].decode() if newest else "0-0",
            metas=metas,
            unregistered=frozenset(name for name in metas if name not in registered),
            aliases={alias.decode(): name.decode() for alias, name in aliases.items()},
        )

    def _metas(self, names: Iterable[str]) -> dict[str, Meta]:
        by_key = {keys.meta(name): name for name in names}
        found: dict[str, Meta] = {}
        for client, owned in self._connector.group(sorted(by_key)):
            pipe = client.pipeline(transaction=False)
            for key in owned:
                pipe.hmget(key, "seq", "last", "model", "gen", *settings.FIELDS)
            for key, row in zip(owned, pipe.execute(), strict=True):
                seq, last, model, generation, *held = ((part or b"").decode() for part in row)
                generation = generation or "0"
                kept, settled_by = settings.read(generation, (held[0], held[1], held[2]))
                meta = Meta(int(seq or 0), last, model, generation, kept, settled_by)
                found[by_key[key]] = meta
        return found

    def register(self, collection: str) -> str:
        """Make the collection's name known to every replica and let them look again; return the
        registry log's id. Raises RedisError.
        """
        made = REGISTER.run(
            self._connector.primary(keys.REGISTRY_LOG),
            {"names": keys.REGISTRY_NAMES, "log": keys.REGISTRY_LOG},
            {"name": collection, "log_length": REGISTRY_LOG_LENGTH},
        )
        return bytes(made).decode()

    def set_alias(self, alias: str, collection: str) -> str:
        """Store or (with "") forget an alias; return the registry log's id. Raises RedisError."""
        made = SET_ALIAS.run(
            self._connector.primary(keys.REGISTRY_LOG),
            {"aliases": keys.aliases(self._recognizer), "log": keys.REGISTRY_LOG},
            {"alias": alias, "collection": collection, "log_length": REGISTRY_LOG_LENGTH},
        )
        return bytes(made).decode()
