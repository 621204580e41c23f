"""What samples_of.lua answers, as samples."""

from __future__ import annotations

from facesvc.domain.gallery import Sample, oldest_first
from facesvc.domain.gallery_edits import GalleryEdit, SampleMove
from facesvc.gallery.stores.records import from_microseconds
from facesvc.gallery.stores.redis.toolkit import sample_facts
from facesvc.gallery.stores.redis.toolkit.edits import Moving
from facesvc.gallery.stores.redis.toolkit.record_codec import RecordCodec

_PARTS = 6  # of each sample: id, e, q, t, v, f


def read_samples(
    codec: RecordCodec, recognizer: str, collection: str, user_id: str, row: list[bytes]
) -> list[Sample]:
    """Return a user's samples, the oldest first; an empty row has none. Raises SealError."""
    if not row:
        return []
    name = codec.unpack_name(collection, user_id, row[0])
    metadata = codec.unpack_metadata(collection, user_id, row[1])
    found = []
    for at in range(2, len(row), _PARTS):
        identifier, embedding, quality, created, version, facts = row[at : at + _PARTS]
        sample_id = identifier.decode()
        found.append(
            Sample(
                collection=collection,
                user_id=user_id,
                sample_id=sample_id,
                embedding=codec.unpack_embedding(collection, user_id, sample_id, embedding),
                recognizer=recognizer,
                name=name,
                metadata=metadata,
                quality=float(quality),
                created_at=from_microseconds(int(created)),
                version=int(version),
                facts=sample_facts.unpack(facts),
            )
        )
    return oldest_first(found)


def repacked(
    codec: RecordCodec, edit: GalleryEdit, source: str, target: str, row: list[bytes]
) -> Moving:
    """Return the samples that an edit moves, of what samples_of.lua answers for their user, packed
    for the target; none when the user is gone. Raises SealError.
    """
    sample_ids, embeddings = [], []
    for at in range(2, len(row), _PARTS):
        sample_id = row[at].decode()
        if isinstance(edit, SampleMove) and sample_id != edit.sample_id:
            continue
        vector = codec.unpack_embedding(edit.collection, source, sample_id, row[at + 1])
        sample_ids.append(sample_id)
        embeddings.append(codec.pack_embedding(edit.collection, target, sample_id, vector))
    return Moving(True, sample_ids, embeddings)
