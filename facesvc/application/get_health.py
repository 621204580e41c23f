"""Telling what runs here and how it is."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from facesvc.application.collection_rules import CollectionRules
from facesvc.application.ports.engine import PackInfo
from facesvc.application.ports.gallery_reader import GalleryReader
from facesvc.domain.collection_risk import CollectionRisk, risks_of
from facesvc.domain.gallery import GalleryStatus
from facesvc.domain.operating_point import ThresholdRule
from facesvc.domain.recognizable import RecognizabilityRule


@dataclass(frozen=True)
class Health:
    """A snapshot of the service."""

    version: str
    pack: PackInfo
    gallery: GalleryStatus
    thresholds: ThresholdRule
    quality_threshold: float
    detection_size: int
    rule: RecognizabilityRule
    risks: list[CollectionRisk]
    uptime_s: float


@dataclass(frozen=True)
class GetHealth:
    """Answers GetHealth."""

    version: str
    pack: PackInfo
    gallery: GalleryReader
    rules: CollectionRules
    detection_size: int
    rule: RecognizabilityRule
    started: float = field(default_factory=time.monotonic)

    def __call__(self) -> Health:
        """Return the snapshot at once."""
        return Health(
            self.version,
            self.pack,
            self.gallery.status(),
            self.rules.thresholds,
            self.rules.quality_threshold,
            self.detection_size,
            self.rule,
            risks_of(self.gallery.sizes(), self.rules.thresholds_of),
            time.monotonic() - self.started,
        )
