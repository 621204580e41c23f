"""What collections decide for themselves, kept beside each collection's counters."""

from __future__ import annotations

import json
from typing import Any

import redis

from facesvc.domain.collection_settings import NEVER_SET, KeptSettings, from_json, to_json
from facesvc.domain.gallery_errors import ForeignCollectionError
from facesvc.gallery.stores.redis.toolkit import keys
from facesvc.gallery.stores.redis.toolkit.libraries import LUA
from facesvc.gallery.stores.redis.toolkit.script import Script

# Fields of a collection's meta; see put_settings.lua.
FIELDS = ("settings_gen", "settings_model", "settings")
PUT_SETTINGS = Script(
    LUA / "put_settings.lua", keys=("meta",), args=("model", "version", "settings", "max_users")
)


def read(generation: str, held: tuple[str, str, str]) -> tuple[KeptSettings, str]:
    """Return the settings in FIELDS, and whose recognizer's service made them; nothing where they
    are of an earlier generation.
    """
    settings_generation, model, text = held
    if not text or settings_generation != generation:
        return NEVER_SET, ""
    return from_json(json.loads(text)), model


def kept_settings(client: redis.Redis, collection: str) -> KeptSettings:
    """Return a collection's settings as the server has them. Raises RedisError."""
    row: Any = client.hmget(keys.meta(collection), "gen", *FIELDS)
    generation, *held = ((part or b"").decode() for part in row)
    return read(generation or "0", (held[0], held[1], held[2]))[0]


def put_settings(
    client: redis.Redis,
    collection: str,
    recognizer: str,
    kept: KeptSettings,
    *,
    counts_here: bool = True,
) -> bool:
    """Keep settings, unless they are not the next version. ``counts_here`` is False where this
    server has a share of the users only. Raises RedisError, ForeignCollectionError.
    """
    most = kept.settings.max_users if counts_here else None
    answer: Any = PUT_SETTINGS.run(
        client,
        {"meta": keys.meta(collection)},
        {
            "model": recognizer,
            "version": kept.version,
            "settings": json.dumps(to_json(kept), ensure_ascii=False),
            "max_users": "" if most is None else most,
        },
    )
    status, text = (bytes(part).decode() for part in answer)
    if status == "MODEL":
        raise ForeignCollectionError(collection, text, recognizer)
    return status == "OK"
