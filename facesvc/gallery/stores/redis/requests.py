"""The writes of a gallery, ready to be sent."""

from __future__ import annotations

import uuid

from facesvc.domain.gallery import MAX_SAMPLES_PER_USER, Enrolment
from facesvc.gallery.stores.records import to_microseconds
from facesvc.gallery.stores.redis.codec import Codec
from facesvc.gallery.stores.redis.writer import DELETE, DROP, ENROLL, Write, WriteHead


def enroll_write(head: WriteHead, codec: Codec, enrolment: Enrolment) -> Write:
    """Return the write of one face under a new sample id."""
    collection, user_id = enrolment.collection, enrolment.user_id
    sample_id, origin = uuid.uuid4().hex, enrolment.origin
    expected = enrolment.expected_version
    write = head.write(ENROLL, "enroll", collection, user_id, enrolment.request_id, expected)
    write.args.extend(
        [
            user_id,
            sample_id,
            codec.pack_embedding(collection, user_id, sample_id, enrolment.embedding),
            repr(float(enrolment.quality)),
            codec.pack_name(collection, user_id, enrolment.name),
            codec.pack_metadata(collection, user_id, enrolment.metadata),
            enrolment.mode.value,
            _expected(expected),
            MAX_SAMPLES_PER_USER,
            to_microseconds(origin.sample_created_at) if origin else "",
            to_microseconds(origin.user_created_at) if origin else "",
        ]
    )
    return write


def delete_write(
    head: WriteHead, collection: str, user_id: str, request_id: str, expected: int | None
) -> Write:
    """Return the write that removes a user."""
    write = head.write(DELETE, "delete", collection, user_id, request_id, expected)
    write.args.extend([user_id, _expected(expected)])
    return write


def drop_write(head: WriteHead, collection: str) -> Write:
    """Return the write that removes a collection."""
    return head.write(DROP, "drop", collection, collection, "")


def _expected(version: int | None) -> str:
    return "" if version is None else str(version)
