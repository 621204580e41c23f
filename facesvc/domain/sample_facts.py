"""What is known of how a sample came about."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from facesvc.domain.faces import BoundingBox


class SampleSource(Enum):
    """What a sample's embedding was made of. The values are stored: they never change."""

    UNKNOWN = ""
    PHOTO = "photo"
    EMBEDDING = "embedding"
    ALIGNED_CROP = "aligned_crop"


@dataclass(frozen=True)
class SampleFacts:
    """``recognizability`` 0 to 1, and the face's ``box`` in whole pixels of its photo; None where
    it is not known: of a given embedding, the box of an aligned crop, and of samples that 0.1.0
    stored.
    """

    source: SampleSource = SampleSource.UNKNOWN
    recognizability: float | None = None
    box: BoundingBox | None = None


NO_FACTS = SampleFacts()
