"""A user with samples as the body of a frame: JSON, then the embeddings.

u32 length of the JSON, the JSON, then float32 little-endian (samples, 512).
"""

from __future__ import annotations

import json
import struct
from datetime import datetime
from typing import Any

import numpy as np

from facesvc.application.archive.frames import ArchiveError
from facesvc.domain import limits
from facesvc.domain.embedding import InvalidEmbeddingError, check_embeddings
from facesvc.domain.errors import InvalidFieldError
from facesvc.domain.faces import EMBEDDING_SIZE, BoundingBox
from facesvc.domain.gallery import MAX_SAMPLES_PER_USER, EnrolledUser, Sample, User
from facesvc.domain.sample_facts import SampleFacts, SampleSource

_LENGTH = struct.Struct("<I")


def encode_user(enrolled: EnrolledUser) -> bytes:
    """Return the body of a user."""
    user = enrolled.user
    described = {
        "user_id": user.user_id,
        "name": user.name,
        "metadata": dict(user.metadata),
        "created_at": user.created_at.isoformat(),
        "samples": [
            {
                "sample_id": sample.sample_id,
                "quality": sample.quality,
                "created_at": sample.created_at.isoformat(),
                **_facts(sample.facts),
            }
            for sample in enrolled.samples
        ],
    }
    text = json.dumps(described, ensure_ascii=False, separators=(",", ":")).encode()
    vectors = np.stack([sample.embedding for sample in enrolled.samples]).astype("<f4")
    return _LENGTH.pack(len(text)) + text + vectors.tobytes()


def decode_user(body: bytes, collection: str, recognizer: str) -> EnrolledUser:
    """Return the user of a body, with the collection and the recognizer of the header.
    Raises ArchiveError.
    """
    try:
        (length,) = _LENGTH.unpack_from(body)
        described = json.loads(body[_LENGTH.size : _LENGTH.size + length])
        raw = np.frombuffer(body[_LENGTH.size + length :], "<f4")
        vectors = check_embeddings(raw.reshape(-1, EMBEDDING_SIZE))
        return _user(described, vectors, collection, recognizer)
    except (KeyError, TypeError, ValueError, struct.error) as error:
        kind = "an invalid embedding" if isinstance(error, InvalidEmbeddingError) else "damage"
        raise ArchiveError(f"A user of the archive cannot be read: {kind}.") from None
    except InvalidFieldError as error:
        raise ArchiveError(f"A user of the archive is not allowed: {error.message}") from None


def _user(described: Any, vectors: Any, collection: str, recognizer: str) -> EnrolledUser:
    samples = described["samples"]
    if not 1 <= len(samples) == len(vectors) <= MAX_SAMPLES_PER_USER:
        raise ValueError("number of samples")
    user = User(
        user_id=limits.user_id(described["user_id"]),
        name=limits.text(described["name"], "name", limits.MAX_NAME_CHARS),
        metadata=limits.metadata(described["metadata"]),
        samples=len(samples),
        created_at=_moment(described["created_at"]),
        updated_at=_moment(described["created_at"]),
        version=0,
    )
    return EnrolledUser(
        user,
        tuple(
            Sample(
                collection=collection,
                user_id=user.user_id,
                sample_id=str(sample["sample_id"]),
                embedding=vector,
                recognizer=recognizer,
                name=user.name,
                metadata=user.metadata,
                quality=float(sample["quality"]),
                created_at=_moment(sample["created_at"]),
                version=0,
                facts=_read_facts(sample),
            )
            for sample, vector in zip(samples, vectors, strict=True)
        ),
    )


def _facts(facts: SampleFacts) -> dict[str, Any]:
    box = facts.box
    every = {
        "source": facts.source.value,
        "recognizability": facts.recognizability,
        "box": box and [int(box.x1), int(box.y1), int(box.x2), int(box.y2)],
    }
    return {key: value for key, value in every.items() if value not in (None, "")}


def _read_facts(sample: Any) -> SampleFacts:
    """Archives of 0.1.0 tell nothing."""
    recognizability, box = sample.get("recognizability"), sample.get("box")
    return SampleFacts(
        SampleSource(sample.get("source", "")),
        None if recognizability is None else float(recognizability),
        None if box is None else BoundingBox(*(int(corner) for corner in box)),
    )


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without its zone")
    return moment
