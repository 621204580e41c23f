"""What not every gallery can do. A promise that needs one of these is marked with ``needs``."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TypeVar

import pytest

_Test = TypeVar("_Test", bound=Callable[..., None])


class Capability(Enum):
    """A capability by its name in declarations, and what it means."""

    EXACT = "similarities and exported embeddings are those of float32, bit for bit"
    ONE_COUNTER = "a collection's version counts the writes of all its users"
    ONE_RECEIPT_BOOK = "a request_id is known for every user of the collection"
    MIN_VERSION = "a read waits for min_version, and is refused when that does not come"
    COUNTS_AT_ONCE = "status counts a write as soon as it is answered"
    READS_WHEN_CLOSED = "reads go on from memory after close"
    DURABLE = "what was written is there when the gallery is opened anew"
    SHARED = "several processes have the gallery open"
    SEALED = "records are encrypted with GALLERY_KEY"
    EVENTS = "an event of each write is kept with the write"
    FOREIGN = "collections of several recognizers lie side by side"


class UnsupportedError(Exception):
    """The implementation has no way to be asked for this."""


def needs(*capabilities: Capability) -> Callable[[_Test], _Test]:
    """Mark a promise that only galleries with these capabilities keep.

    One that declares to lack them must break it: a declaration that is not true fails.
    """
    return pytest.mark.needs(*capabilities)
