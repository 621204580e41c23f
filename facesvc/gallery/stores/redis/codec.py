"""How records look inside Redis: plain bytes, or sealed where there is a key.

A plain embedding has exactly 2,048 bytes and a plain text is JSON; a sealed record is longer
than the one and starts with a byte that the other cannot. So a gallery may get its key later.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facesvc.domain.faces import EMBEDDING_SIZE
from facesvc.gallery.stores.sealing import KeyRing

EMBEDDING_BYTES = 4 * EMBEDDING_SIZE
_SEALED = b"\x01"  # sealing.py's marker; JSON text never starts with it


@dataclass(frozen=True)
class Codec:
    """Packs embeddings (float32 (512,), little-endian), names and metadata. Opening raises
    SealError for a record whose key is missing, or that was changed or moved.
    """

    ring: KeyRing = field(default_factory=KeyRing)

    @property
    def packs_for_user(self) -> bool:
        """Whether embeddings are sealed: the user is in what authenticates them."""
        return self.ring.seals

    def pack_embedding(
        self, collection: str, user_id: str, sample_id: str, vector: NDArray[np.float32]
    ) -> bytes:
        """Return 2,048 bytes, or more when sealed."""
        plain = np.ascontiguousarray(vector, dtype="<f4").tobytes()
        return self._seal(plain, "sample", collection, user_id, sample_id)

    def open_embedding(self, collection: str, user_id: str, sample_id: str, data: bytes) -> bytes:
        """Return the 2,048 bytes."""
        if len(data) == EMBEDDING_BYTES:
            self.ring.check_plain()
            return data
        return self.ring.open(data, _identity("sample", collection, user_id, sample_id))

    def unpack_embedding(
        self, collection: str, user_id: str, sample_id: str, data: bytes
    ) -> NDArray[np.float32]:
        """Return float32 (512,), read-only."""
        return np.frombuffer(self.open_embedding(collection, user_id, sample_id, data), "<f4")

    def pack_name(self, collection: str, user_id: str, name: str) -> bytes:
        """Return the name, b"" for none."""
        return self._pack_json("name", collection, user_id, name)

    def unpack_name(self, collection: str, user_id: str, data: bytes) -> str:
        """Return the name."""
        return str(self._unpack_json("name", collection, user_id, data) or "")

    def pack_metadata(self, collection: str, user_id: str, metadata: Mapping[str, Any]) -> bytes:
        """Return the metadata, b"" for none."""
        return self._pack_json("metadata", collection, user_id, dict(metadata))

    def unpack_metadata(self, collection: str, user_id: str, data: bytes) -> dict[str, Any]:
        """Return the metadata."""
        return dict(self._unpack_json("metadata", collection, user_id, data) or {})

    def is_current(self, data: bytes) -> bool:
        """Tell whether the record is as it would be written now."""
        if not data:
            return True
        sealed = data[:1] == _SEALED and len(data) != EMBEDDING_BYTES
        return self.ring.is_current(data) if sealed else not self.ring.seals

    def reseal(self, kind: str, parts: tuple[str, ...], data: bytes) -> bytes:
        """Return the record as it would be written now; ``kind`` is sample, name or metadata."""
        sealed = data[:1] == _SEALED and len(data) != EMBEDDING_BYTES
        if data and not sealed:
            self.ring.check_plain()
        plain = self.ring.open(data, _identity(kind, *parts)) if sealed else data
        return self._seal(plain, kind, *parts)

    def _pack_json(self, kind: str, collection: str, user_id: str, value: Any) -> bytes:
        if not value:
            return b""
        plain = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        return self._seal(plain, kind, collection, user_id)

    def open_text(self, kind: str, collection: str, user_id: str, data: bytes) -> bytes:
        """Return a name or metadata ("name", "metadata") as JSON, b"" for none."""
        if data[:1] == _SEALED:
            return self.ring.open(data, _identity(kind, collection, user_id))
        if data:
            self.ring.check_plain()
        return data

    def _unpack_json(self, kind: str, collection: str, user_id: str, data: bytes) -> Any:
        plain = self.open_text(kind, collection, user_id, data)
        return json.loads(plain) if plain else None

    def _seal(self, plain: bytes, *identity: str) -> bytes:
        return self.ring.seal(plain, _identity(*identity)) if self.ring.seals else plain


def _identity(*parts: str) -> bytes:
    return json.dumps(parts).encode()
