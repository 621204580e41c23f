"""Embeddings in half precision, as the servers search them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facesvc.domain.faces import EMBEDDING_SIZE
from facesvc.gallery.stores.redis.codec import Codec

HALF_BYTES = 2 * EMBEDDING_SIZE


def to_half(vector: NDArray[np.float32]) -> bytes:
    """Return the float16 bytes, little-endian, of an embedding."""
    return np.ascontiguousarray(vector, dtype="<f2").tobytes()


def from_half(data: bytes) -> NDArray[np.float32]:
    """Return float32 (n, 512), each row normalised again, of n embeddings' bytes."""
    rows = np.frombuffer(data, "<f2").astype(np.float32).reshape(-1, EMBEDDING_SIZE)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: NDArray[np.float32] = rows / lengths
    return unit


class HalfCodec(Codec):
    """Records whose embeddings have 1,024 bytes; never sealed, since the server computes."""

    def pack_embedding(
        self,
        collection: str,  # noqa: ARG002 - nothing is sealed here
        user_id: str,  # noqa: ARG002
        sample_id: str,  # noqa: ARG002
        vector: NDArray[np.float32],
    ) -> bytes:
        """Return 1,024 bytes."""
        return to_half(vector)

    def unpack_embedding(
        self,
        collection: str,  # noqa: ARG002 - nothing is sealed here
        user_id: str,  # noqa: ARG002
        sample_id: str,  # noqa: ARG002
        data: bytes,
    ) -> NDArray[np.float32]:
        """Return float32 (512,)."""
        row: NDArray[np.float32] = from_half(data)[0]
        return row
