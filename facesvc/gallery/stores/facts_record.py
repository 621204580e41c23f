"""What is known of a sample, as 32 bytes, little-endian; the rest of them is for later."""

from __future__ import annotations

import struct

from facesvc.domain.faces import BoundingBox
from facesvc.domain.sample_facts import SampleFacts, SampleSource

# the box's corners, recognizability, source, which of the others are known
_FACTS = struct.Struct("<4ifBB10x")
SIZE = _FACTS.size
# By number, as stored: new ones at the end.
_SOURCES = (
    SampleSource.UNKNOWN,
    SampleSource.PHOTO,
    SampleSource.EMBEDDING,
    SampleSource.ALIGNED_CROP,
)
_HAS_BOX, _HAS_RECOGNIZABILITY = 1, 2


def pack(facts: SampleFacts) -> bytes:
    """Return the bytes."""
    box, recognizability = facts.box, facts.recognizability
    corners = (0, 0, 0, 0) if box is None else map(int, (box.x1, box.y1, box.x2, box.y2))
    known = (_HAS_BOX if box else 0) | (0 if recognizability is None else _HAS_RECOGNIZABILITY)
    return _FACTS.pack(*corners, recognizability or 0.0, _SOURCES.index(facts.source), known)


def unpack(data: bytes, offset: int) -> SampleFacts:
    """Return what the bytes at an offset tell; a source of a later release is unknown here."""
    *corners, recognizability, source, known = _FACTS.unpack_from(data, offset)
    return SampleFacts(
        _SOURCES[source] if source < len(_SOURCES) else SampleSource.UNKNOWN,
        recognizability if known & _HAS_RECOGNIZABILITY else None,
        BoundingBox(*corners) if known & _HAS_BOX else None,
    )
