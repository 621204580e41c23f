"""Users and samples as bytes, little-endian, times in microseconds since 1970 UTC."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facesvc.domain.faces import EMBEDDING_SIZE
from facesvc.domain.gallery import Sample, User
from facesvc.domain.sample_facts import NO_FACTS, SampleFacts
from facesvc.gallery.stores import facts_record

# created, updated, version, samples, lengths of id, name and metadata
_USER = struct.Struct("<qqqIHHI")
_LENGTHS = struct.Struct("<HHI")
_LENGTHS_AT = _USER.size - _LENGTHS.size
_USER_STEP_BYTES = 256  # so that records come in few sizes
_SAMPLE = struct.Struct("<16sqqd")  # sample id, created, version, quality
_EMBEDDING_BYTES = 4 * EMBEDDING_SIZE
# With what is known of it in the middle; 0.1.0 had no such part.
SAMPLE_BYTES = _SAMPLE.size + facts_record.SIZE + _EMBEDDING_BYTES
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_microseconds(moment: datetime) -> int:
    """Return an aware datetime as microseconds since 1970 UTC."""
    return (moment - _EPOCH) // _MICROSECOND


def from_microseconds(value: int) -> datetime:
    """Return microseconds since 1970 as a datetime in UTC."""
    return datetime.fromtimestamp(value / 1e6, UTC)  # exact: a double has 0.24 us to spare


def pack_user(
    user_id: str,
    name: str,
    metadata: bytes,
    samples: int,
    created: int,
    updated: int,
    version: int,
) -> bytes:
    """Return a user's bytes; ``metadata`` is compact JSON, times are in microseconds since 1970."""
    id_bytes, name_bytes = user_id.encode(), name.encode()
    lengths = (len(id_bytes), len(name_bytes), len(metadata))
    head = _USER.pack(created, updated, version, samples, *lengths)
    return b"".join((head, id_bytes, name_bytes, metadata))


def encode_user(user: User) -> bytes:
    """Return a user's bytes."""
    return pack_user(
        user.user_id,
        user.name,
        encode_metadata(user.metadata),
        user.samples,
        to_microseconds(user.created_at),
        to_microseconds(user.updated_at),
        user.version,
    )


def padded(record: bytes) -> bytes:
    """Return a user's bytes, padded to a multiple of 256: most changes then fit in place."""
    return record + bytes(-len(record) % _USER_STEP_BYTES)


def user_head(data: bytes) -> tuple[str, int]:
    """Return the user_id of these bytes, and how many of them are not padding."""
    *_, id_length, name_length, metadata_length = _USER.unpack_from(data)
    name_at = _USER.size + id_length
    return data[_USER.size : name_at].decode(), name_at + name_length + metadata_length


def user_name(data: bytes) -> tuple[str, int]:
    """Return the name and the version of these bytes: what a match tells."""
    _, _, version, _, id_length, name_length, _ = _USER.unpack_from(data)
    name_at = _USER.size + id_length
    return data[name_at : name_at + name_length].decode(), version


def metadata_place(data: bytes) -> tuple[int, int]:
    """Return where in these bytes the metadata begins and ends, compact JSON or nothing."""
    id_length, name_length, metadata_length = _LENGTHS.unpack_from(data, _LENGTHS_AT)
    start = _USER.size + id_length + name_length
    return start, start + metadata_length


def decode_user(data: bytes) -> User:
    """Return the user of these bytes."""
    head = _USER.unpack_from(data)
    created, updated, version, samples, id_length, name_length, metadata_length = head
    name_at = _USER.size + id_length
    metadata_at = name_at + name_length
    created_at = from_microseconds(created)
    return User(
        user_id=data[_USER.size : name_at].decode(),
        name=data[name_at:metadata_at].decode(),
        metadata=JsonObject(data[metadata_at : metadata_at + metadata_length]),
        samples=samples,
        created_at=created_at,
        updated_at=created_at if updated == created else from_microseconds(updated),
        version=version,
    )


def encode_metadata(metadata: Mapping[str, Any]) -> bytes:
    """Return JSON values as compact UTF-8 JSON."""
    return json.dumps(dict(metadata), ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class StoredSample:
    """What a store keeps of a sample beside its user. ``embedding`` is float32 (512,)."""

    sample_id: str
    created_at: datetime
    version: int
    quality: float
    embedding: NDArray[np.float32]
    facts: SampleFacts = NO_FACTS

    @property
    def order(self) -> tuple[int, datetime, str]:
        """What samples are sorted by, as in domain.gallery.oldest_first."""
        return (self.version, self.created_at, self.sample_id)

    @classmethod
    def of(cls, sample: Sample) -> StoredSample:
        """Take the parts of a sample that are its own."""
        return cls(
            sample.sample_id,
            sample.created_at,
            sample.version,
            sample.quality,
            sample.embedding,
            sample.facts,
        )

    def whole(self, collection: str, user: User, recognizer: str) -> Sample:
        """Return the sample with what is its user's."""
        return Sample(
            collection=collection,
            user_id=user.user_id,
            sample_id=self.sample_id,
            embedding=self.embedding,
            recognizer=recognizer,
            name=user.name,
            metadata=user.metadata,
            quality=self.quality,
            created_at=self.created_at,
            version=self.version,
            facts=self.facts,
        )

    def encode(self) -> bytes:
        """Return the sample's SAMPLE_BYTES bytes."""
        head = _SAMPLE.pack(
            bytes.fromhex(self.sample_id),
            to_microseconds(self.created_at),
            self.version,
            self.quality,
        )
        embedding = self.embedding.astype("<f4", copy=False).tobytes()
        return b"".join((head, facts_record.pack(self.facts), embedding))

    @classmethod
    def decode(cls, data: bytes) -> StoredSample:
        """Return the sample of these bytes, which may be of 0.1.0."""
        sample_id, created, version, quality = _SAMPLE.unpack_from(data)
        embedding = np.frombuffer(data, "<f4", EMBEDDING_SIZE, len(data) - _EMBEDDING_BYTES)
        known = len(data) == SAMPLE_BYTES
        facts = facts_record.unpack(data, _SAMPLE.size) if known else NO_FACTS
        return cls(sample_id.hex(), from_microseconds(created), version, quality, embedding, facts)


def copy_embeddings(samples: Sequence[bytes], into: NDArray[np.float32]) -> None:
    """Write the embeddings of n samples into float32 (n, 512).

    The bytes of each follow a head of any length.
    """
    if len(set(map(len, samples))) > 1:
        samples = [sample[-_EMBEDDING_BYTES:] for sample in samples]
    data = np.frombuffer(b"".join(samples), np.uint8).reshape(len(samples), -1)
    into.view(np.uint8)[:] = data[:, -_EMBEDDING_BYTES:]


class JsonObject(Mapping[str, Any]):
    """A JSON object that is parsed when somebody looks: few users of a gallery are looked at."""

    __slots__ = ("_text",)

    def __init__(self, text: bytes) -> None:
        self._text = text

    def __getitem__(self, key: str) -> Any:
        return self._parsed()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._parsed())

    def __len__(self) -> int:
        return len(self._parsed())

    def __repr__(self) -> str:
        return repr(self._parsed())

    def __hash__(self) -> int:
        raise TypeError("unhashable, as every mapping of values")

    def _parsed(self) -> dict[str, Any]:
        return dict(json.loads(self._text))
