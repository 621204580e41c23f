"""How records look inside Redis: bytes, and times as microseconds since 1970."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Sealer(Protocol):
    """Encrypts one record; ``identity`` names its place, so that it opens nowhere else."""

    def seal(self, plain: bytes, identity: bytes) -> bytes:
        """Return the ciphertext."""
        ...

    def open(self, sealed: bytes, identity: bytes) -> bytes:
        """Return the plaintext, or raise when the record is another's or was changed."""
        ...


def to_micros(moment: datetime | None) -> str:
    """Return the time as the scripts take it, "" for None."""
    return "" if moment is None else str((moment - _EPOCH) // _MICROSECOND)


def from_micros(text: bytes | str) -> datetime:
    """Return the time in UTC."""
    return _EPOCH + timedelta(microseconds=int(text))


@dataclass(frozen=True)
class Codec:
    """Packs embeddings (float32 (512,), little-endian) and profiles (name and metadata)."""

    sealer: Sealer | None = None

    def pack_embedding(
        self, collection: str, user_id: str, sample_id: str, vector: NDArray[np.float32]
    ) -> bytes:
        """Return 2,048 bytes, or more when sealed."""
        plain = np.ascontiguousarray(vector, dtype="<f4").tobytes()
        return self._seal(plain, "sample", collection, user_id, sample_id)

    def unpack_embedding(
        self, collection: str, user_id: str, sample_id: str, data: bytes
    ) -> NDArray[np.float32]:
        """Return float32 (512,), read-only."""
        return np.frombuffer(self.open_embedding(collection, user_id, sample_id, data), "<f4")

    def open_embedding(self, collection: str, user_id: str, sample_id: str, data: bytes) -> bytes:
        """Return the 2,048 bytes themselves, for callers that join many."""
        return self._open(data, "sample", collection, user_id, sample_id)

    def pack_profile(
        self, collection: str, user_id: str, name: str, metadata: Mapping[str, Any]
    ) -> bytes:
        """Return the user's name and metadata as JSON, sealed when there is a key."""
        plain = json.dumps(
            {"name": name, "metadata": dict(metadata)}, ensure_ascii=False, separators=(",", ":")
        )
        return self._seal(plain.encode(), "user", collection, user_id)

    def unpack_profile(
        self, collection: str, user_id: str, data: bytes
    ) -> tuple[str, dict[str, Any]]:
        """Return name and metadata."""
        profile = json.loads(self._open(data, "user", collection, user_id))
        return profile["name"], profile["metadata"]

    def _seal(self, plain: bytes, *identity: str) -> bytes:
        return self.sealer.seal(plain, _identity(identity)) if self.sealer else plain

    def _open(self, data: bytes, *identity: str) -> bytes:
        return self.sealer.open(data, _identity(identity)) if self.sealer else data


def _identity(parts: tuple[str, ...]) -> bytes:
    return json.dumps(parts).encode()
