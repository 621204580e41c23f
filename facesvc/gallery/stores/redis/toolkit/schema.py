"""The version of the layout of keys and fields, kept in the server beside them.

0.1.0 left no version; its layout is 1. A later layout gets the next number, and a step here that
brings older data to it.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import redis
from redis.exceptions import ResponseError

from facesvc.gallery.stores.port import GalleryOpenError
from facesvc.gallery.stores.redis.toolkit import keys

SCHEMA = 1


def check_schema(client: redis.Redis) -> None:
    """Leave the version where there is none. Raises RedisError, and GalleryOpenError for the
    data of a newer release.
    """
    found: Any = client.get(keys.SCHEMA)
    if found is None:
        with suppress(ResponseError):  # it takes no writes at present; a later start leaves it
            client.set(keys.SCHEMA, SCHEMA, nx=True)
        return
    version = int(found)
    if version > SCHEMA:
        raise GalleryOpenError(
            f"The gallery in Redis has schema {version}, this release knows up to {SCHEMA}."
            " Nothing was changed. Start the release that wrote it, or a later one, or restore"
            " the backup that was made before.",
            schema=version,
        )
