"""Users and samples as bytes, little-endian, times in microseconds since 1970 UTC."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facesvc.domain.faces import EMBEDDING_SIZE
from facesvc.domain.gallery import Sample, User

# created, updated, version, samples, lengths of id, name and metadata
_USER = struct.Struct("<qqqIHHI")
_USER_STEP_BYTES = 256  # records come in few sizes: most changes of a user fit in place
_SAMPLE = struct.Struct("<16sqqd")  # sample id, created, version, quality
_EMBEDDING_BYTES = EMBEDDING_SIZE * 4
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NO_METADATA = b"{}"


def to_microseconds(moment: datetime) -> int:
    """Return an aware datetime as microseconds since 1970 UTC."""
    return (moment - _EPOCH) // _MICROSECOND


def from_microseconds(value: int) -> datetime:
    """Return microseconds since 1970 as a datetime in UTC."""
    return _EPOCH + timedelta(microseconds=value)


def encode_user(user: User) -> bytes:
    """Return a user's bytes, padded to a multiple of 256."""
    user_id, name = user.user_id.encode(), user.name.encode()
    metadata = encode_metadata(user.metadata)
    head = _USER.pack(
        to_microseconds(user.created_at),
        to_microseconds(user.updated_at),
        user.version,
        user.samples,
        len(user_id),
        len(name),
        len(metadata),
    )
    data = head + user_id + name + metadata
    return data + bytes(-len(data) % _USER_STEP_BYTES)


def decode_user(data: bytes) -> User:
    """Return the user of these bytes."""
    head = _USER.unpack_from(data)
    created, updated, version, samples, id_length, name_length, metadata_length = head
    name_at = _USER.size + id_length
    metadata_at = name_at + name_length
    return User(
        user_id=data[_USER.size : name_at].decode(),
        name=data[name_at:metadata_at].decode(),
        metadata=decode_metadata(data[metadata_at : metadata_at + metadata_length]),
        samples=samples,
        created_at=from_microseconds(created),
        updated_at=from_microseconds(updated),
        version=version,
    )


def encode_metadata(metadata: Mapping[str, Any]) -> bytes:
    """Return JSON values as compact UTF-8 JSON."""
    if not metadata:
        return _NO_METADATA
    return json.dumps(dict(metadata), ensure_ascii=False, separators=(",", ":")).encode()


def decode_metadata(data: bytes) -> dict[str, Any]:
    """Return the JSON object of these bytes."""
    return {} if data == _NO_METADATA else dict(json.loads(data))


@dataclass(frozen=True, slots=True)
class StoredSample:
    """What a store keeps of a sample beside its user. ``embedding`` is float32 (512,)."""

    sample_id: str
    created_at: datetime
    version: int
    quality: float
    embedding: NDArray[np.float32]

    @classmethod
    def of(cls, sample: Sample) -> StoredSample:
        """Take the parts of a sample that are its own."""
        return cls(
            sample.sample_id, sample.created_at, sample.version, sample.quality, sample.embedding
        )

    def encode(self) -> bytes:
        """Return the sample's bytes; their length is always the same."""
        head = _SAMPLE.pack(
            bytes.fromhex(self.sample_id),
            to_microseconds(self.created_at),
            self.version,
            self.quality,
        )
        return head + self.embedding.astype("<f4", copy=False).tobytes()

    @classmethod
    def decode(cls, data: bytes) -> StoredSample:
        """Return the sample of these bytes."""
        sample_id, created, version, quality = _SAMPLE.unpack_from(data)
        embedding = np.frombuffer(data, "<f4", EMBEDDING_SIZE, _SAMPLE.size)
        return cls(sample_id.hex(), from_microseconds(created), version, quality, embedding)


def decode_embeddings(samples: Sequence[bytes]) -> NDArray[np.float32]:
    """Return the embeddings, float32 (n, 512), of the bytes of n samples."""
    raw = np.frombuffer(b"".join(samples), np.uint8)
    rows = raw.reshape(len(samples), _SAMPLE.size + _EMBEDDING_BYTES)[:, _SAMPLE.size :]
    return np.ascontiguousarray(rows).view("<f4")
