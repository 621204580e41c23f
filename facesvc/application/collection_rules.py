"""What holds in a collection: its own settings over the server's defaults."""

from __future__ import annotations

from dataclasses import dataclass

from facesvc.application.ports.gallery_reader import GalleryReader
from facesvc.domain.operating_point import ThresholdRule


@dataclass(frozen=True)
class CollectionRules:
    """``thresholds`` and ``quality_threshold`` are the server's."""

    gallery: GalleryReader
    thresholds: ThresholdRule
    quality_threshold: float

    def thresholds_of(self, collection: str) -> ThresholdRule:
        """Return how thresholds are made there, where a call says nothing. Raises
        ModelMismatchError.
        """
        return self.thresholds.of(self.gallery.settings(collection).settings)

    def quality_threshold_of(self, collection: str) -> float:
        """Return the quality score that a face must have there. Raises ModelMismatchError."""
        own = self.gallery.settings(collection).settings.quality_threshold
        return self.quality_threshold if own is None else own
