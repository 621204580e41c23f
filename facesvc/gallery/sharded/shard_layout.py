"""Which server a user lives on, and how a server knows that it belongs."""

from __future__ import annotations

import hashlib
import secrets


def shard_of(collection: str, user_id: str, shards: int) -> int:
    """Return the number of the server, from 0, that has all samples of the user."""
    digest = hashlib.blake2b(f"{collection}\x00{user_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % shards


def new_gallery_id() -> str:
    """Return the name of a gallery that is set up for the first time."""
    return secrets.token_hex(8)


def layout_of(gallery_id: str, number: int, shards: int) -> str:
    """Return what a server is given at its first start and must have from then on."""
    return f"{gallery_id}/{number}/{shards}"


def gallery_id_of(layout: str) -> str:
    """Return the gallery that a layout is of."""
    return layout.partition("/")[0]
