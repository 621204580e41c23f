"""The stages of a call, by which its time is told to callers and to metrics."""

from __future__ import annotations

from enum import StrEnum


class Stage(StrEnum):
    """One stage; a call has those that it needs, some of them several times."""

    FETCH = "fetch"
    WAIT = "wait"
    DECODE = "decode"
    DETECT = "detect"
    QUALITY = "quality"
    EMBED = "embed"
    LIVENESS = "liveness"
    ATTRIBUTES = "attributes"
    SEARCH = "search"
    WRITE = "write"
