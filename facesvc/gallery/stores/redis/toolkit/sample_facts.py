"""What is known of a sample, as the JSON text of its field f; a sample of 0.1.0 has none."""

from __future__ import annotations

import json

from facesvc.domain.faces import BoundingBox
from facesvc.domain.sample_facts import NO_FACTS, SampleFacts, SampleSource


def pack(facts: SampleFacts) -> str:
    """Return the text, "" where nothing is known."""
    box = facts.box
    every = {
        "s": facts.source.value,
        "r": facts.recognizability,
        "b": box and [int(box.x1), int(box.y1), int(box.x2), int(box.y2)],
    }
    known = {key: value for key, value in every.items() if value not in (None, "")}
    return json.dumps(known, separators=(",", ":")) if known else ""


def unpack(data: bytes | None) -> SampleFacts:
    """Return what the text tells; a source of a later release is unknown here."""
    if not data:
        return NO_FACTS
    known = json.loads(data)
    source = known.get("s", "")
    return SampleFacts(
        SampleSource(source) if source in _SOURCES else SampleSource.UNKNOWN,
        known.get("r"),
        BoundingBox(*known["b"]) if "b" in known else None,
    )


_SOURCES = frozenset(source.value for source in SampleSource)
