"""Answers that stay below what clients take by default (4 MiB): they end before they are larger."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from google.protobuf.message import Message

ROOM_BYTES = 3 << 20
_FRAME_BYTES = 8  # a repeated field's tag and length, and a little

_M = TypeVar("_M", bound=Message)


def fitting(messages: Iterable[_M], room: int = ROOM_BYTES) -> list[_M]:
    """Return the first messages, as many as fit into a list of ``room`` bytes; one at least.

    They are made only as far as they fit.
    """
    taken: list[_M] = []
    for message in messages:
        room -= message.ByteSize() + _FRAME_BYTES
        if taken and room < 0:
            break
        taken.append(message)
    return taken
