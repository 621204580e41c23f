"""How records look inside Redis is a gallery's own; what it has to tell is this."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class RecordCodec(Protocol):
    """Packs embeddings (float32 (512,)), names and metadata. Unpacking may raise SealError."""

    @property
    def packs_for_user(self) -> bool:
        """Whether an embedding's bytes belong to its user, so that they change with the user."""
        ...

    def pack_embedding(
        self, collection: str, user_id: str, sample_id: str, vector: NDArray[np.float32]
    ) -> bytes:
        """Return an embedding's bytes."""
        ...

    def unpack_embedding(
        self, collection: str, user_id: str, sample_id: str, data: bytes
    ) -> NDArray[np.float32]:
        """Return float32 (512,), read-only."""
        ...

    def pack_name(self, collection: str, user_id: str, name: str) -> bytes:
        """Return a name's bytes, b"" for none."""
        ...

    def unpack_name(self, collection: str, user_id: str, data: bytes) -> str:
        """Return the name."""
        ...

    def pack_metadata(self, collection: str, user_id: str, metadata: Mapping[str, Any]) -> bytes:
        """Return the bytes of metadata, b"" for none."""
        ...

    def unpack_metadata(self, collection: str, user_id: str, data: bytes) -> dict[str, Any]:
        """Return the metadata."""
        ...
