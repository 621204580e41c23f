"""Key names. The braces are a hash tag: one collection lives on one cluster slot.

======================================  =======================================================
``facesvc:{c}:meta``                    hash: seq, last (link of the chain), model, gen; settings...
``facesvc:{c}:log``                     stream of writes, ids ``<seq>-0``
``facesvc:{c}:users:<gen>``             set of user ids
``facesvc:{c}:u:<gen>:<user_id>``       hash of one user
``facesvc:{c}:s:<gen>:<sample_id>``     hash of one sample
``facesvc:{c}:r:<request>``             receipt of a write, expires
``facesvc:{c}:garbage``                 set of generations still to be swept
``facesvc:{c}:swept:<gen>``             how many samples a sweep removed, expires
``facesvc:{@registry}:...``             registry: collection names, aliases, its own log, schema
======================================  =======================================================

``gen`` counts how often the collection was deleted: deleting takes one step however large the
collection is, and what follows writes under other keys than the sweeper removes.
"""

from __future__ import annotations

import hashlib
from urllib.parse import quote

PREFIX = "facesvc"


def base(collection: str) -> str:
    """Return what every key of the collection starts with; a brace in a name cannot end it."""
    return f"{PREFIX}:{{{quote(collection, safe='')}}}:"


def meta(collection: str) -> str:
    """Return the key of the counters."""
    return base(collection) + "meta"


def log(collection: str) -> str:
    """Return the key of the stream of writes."""
    return base(collection) + "log"


def swept(collection: str, generation: str) -> str:
    """Return the key of how many samples of a deleted generation are gone."""
    return f"{base(collection)}swept:{generation}"


def receipt(collection: str, request_id: str, nonce: str) -> str:
    """Return where a write's receipt is kept; a hash, since callers choose request ids."""
    if not request_id:
        return f"{base(collection)}r:{nonce}"
    digest = hashlib.sha256(request_id.encode()).hexdigest()[:32]
    return f"{base(collection)}r:{digest}"


# The registry has a slot of its own; quoted names hold no "@".
REGISTRY_NAMES = f"{PREFIX}:{{@registry}}:names"
REGISTRY_LOG = f"{PREFIX}:{{@registry}}:log"
SCHEMA = f"{PREFIX}:{{@registry}}:schema"


def lease(task: str, recognizer: str) -> str:
    """Return who has a task that one replica does at a time. Services of another recognizer have
    collections of their own to see to.
    """
    return f"{PREFIX}:{{@registry}}:lease:{task}:{recognizer}"


def aliases(recognizer: str) -> str:
    """Return the hash of one recognizer's aliases."""
    return f"{PREFIX}:{{@registry}}:aliases:{recognizer}"
