"""Embeddings in half precision, as the servers keep and search them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facesvc.domain.faces import EMBEDDING_SIZE


def to_half(vector: NDArray[np.float32]) -> bytes:
    """Return the float16 bytes, little-endian, of an embedding."""
    return np.ascontiguousarray(vector, dtype="<f2").tobytes()


def from_half(data: bytes) -> NDArray[np.float32]:
    """Return float32 (n, 512), each row normalised again, of n embeddings' bytes."""
    rows = np.frombuffer(data, "<f2").astype(np.float32).reshape(-1, EMBEDDING_SIZE)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: NDArray[np.float32] = rows / lengths
    return unit


class HalfPrecisionCodec:
    """A RecordCodec whose embeddings have 1,024 bytes. Nothing is sealed, since the server
    computes, so that it does not matter whose a record is.
    """

    packs_for_user = False

    def pack_embedding(
        self, _collection: str, _user_id: str, _sample_id: str, vector: NDArray[np.float32]
    ) -> bytes:
        """Return 1,024 bytes."""
        return to_half(vector)

    def unpack_embedding(
        self, _collection: str, _user_id: str, _sample_id: str, data: bytes
    ) -> NDArray[np.float32]:
        """Return float32 (512,)."""
        row: NDArray[np.float32] = from_half(data)[0]
        return row

    def pack_name(self, _collection: str, _user_id: str, name: str) -> bytes:
        """Return JSON, b"" for none."""
        return _pack(name)

    def unpack_name(self, _collection: str, _user_id: str, data: bytes) -> str:
        """Return the name."""
        return str(json.loads(data)) if data else ""

    def pack_metadata(self, _collection: str, _user_id: str, metadata: Mapping[str, Any]) -> bytes:
        """Return JSON, b"" for none."""
        return _pack(dict(metadata))

    def unpack_metadata(self, _collection: str, _user_id: str, data: bytes) -> dict[str, Any]:
        """Return the metadata."""
        return dict(json.loads(data)) if data else {}


def _pack(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() if value else b""
