"""Erasure: no byte of what was deleted stays in the servers or their files."""

from __future__ import annotations

from collections.abc import Iterable

from facesvc.application.call import Call
from facesvc.gallery.stores.redis.toolkit import keys
from facesvc.gallery.stores.redis.toolkit.connection import Connector
from facesvc.gallery.stores.redis.toolkit.file_rewrite import rewrite_everywhere
from facesvc.gallery.stores.redis.toolkit.sweep import sweep


def erase_deleted(connector: Connector, collections: Iterable[str], call: Call) -> tuple[str, ...]:
    """Sweep the collections, empty their logs and have the servers rewrite their files; return the
    places that were reached. Raises RedisError, CallEndedError.
    """
    for collection in collections:
        client = connector.primary(keys.base(collection))
        sweep(client, collection)
        # The log names deleted users. A replica that is behind loads afresh.
        client.xtrim(keys.log(collection), maxlen=0, approximate=False)
    places = ["redis memory", "redis change log", *rewrite_everywhere(connector, call)]
    return tuple(dict.fromkeys(places))
