"""The gallery that the settings ask for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from facesvc.bootstrap.startup import StartupError
from facesvc.domain.events import Retention
from facesvc.gallery.indexed_gallery import IndexedGallery
from facesvc.gallery.stores.memory import MemoryStore
from facesvc.gallery.stores.port import GalleryStore
from facesvc.gallery.stores.sealing import KeyRing
from facesvc.gallery.stores.sqlite.store import SqliteStore
from facesvc.settings import Settings

if TYPE_CHECKING:
    from facesvc.gallery.sharded.sharded_gallery import ShardedGallery


def gallery_of(settings: Settings, recognizer: str) -> IndexedGallery | ShardedGallery:
    """Return the gallery of the recognizer with this digest, not yet open. Raises StartupError."""
    if settings.gallery_index == "memory":
        return IndexedGallery(_store_of(settings, recognizer))
    urls = settings.redis_url.get_secret_value().split()
    if not urls:
        raise StartupError("GALLERY_INDEX: redis-search needs REDIS_URL to list its servers.")
    if settings.gallery_key.get_secret_value():
        raise StartupError(
            "GALLERY_KEY: redis-search cannot search sealed embeddings; leave the key out."
        )
    from facesvc.gallery.sharded.sharded_gallery import ShardedGallery
    from facesvc.gallery.stores.redis.toolkit.url import RedisUrlError

    try:
        return ShardedGallery(
            urls,
            recognizer,
            allow_foreign=settings.gallery_migrate,
            events=_retention_of(settings),
        )
    except RedisUrlError as error:
        raise StartupError(f"REDIS_URL: {error}") from error


def _store_of(settings: Settings, recognizer: str) -> GalleryStore:
    try:
        ring = KeyRing.parse(settings.gallery_key.get_secret_value())
    except ValueError as error:
        raise StartupError(str(error)) from error
    redis_url = settings.redis_url.get_secret_value()
    if redis_url:
        # Its client takes a tenth of a second to import, which a local gallery need not wait.
        from facesvc.gallery.stores.redis.store import RedisStore
        from facesvc.gallery.stores.redis.toolkit.url import RedisUrlError

        try:
            return RedisStore(
                url=redis_url,
                recognizer=recognizer,
                ring=ring,
                allow_foreign=settings.gallery_migrate,
                events=_retention_of(settings),
            )
        except RedisUrlError as error:
            raise StartupError(str(error)) from error
    if settings.gallery_path == ":memory:":
        return MemoryStore(recognizer=recognizer, events=_retention_of(settings))
    path = Path(settings.gallery_path)
    path.parent.mkdir(parents=True, exist_ok=True)
    return SqliteStore(
        path,
        recognizer=recognizer,
        ring=ring,
        allow_foreign=settings.gallery_migrate,
        events=_retention_of(settings),
    )


def _retention_of(settings: Settings) -> Retention | None:
    if not settings.events:
        return None
    return Retention(settings.events_keep_days * 86_400, settings.events_keep_count)
