"""A photo to be decided on."""

from __future__ import annotations

from typing import NamedTuple


class Frame(NamedTuple):
    """``name`` is a file's, or the moment at which a camera took it."""

    name: str
    image: bytes
