"""Telling what runs here and how it is."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from facesvc.application.ports.engine import PackInfo
from facesvc.application.ports.gallery_reader import GalleryReader
from facesvc.domain.gallery import GalleryStatus


@dataclass(frozen=True)
class Health:
    """A snapshot of the service."""

    version: str
    pack: PackInfo
    gallery: GalleryStatus
    match_threshold: float
    quality_threshold: float
    detection_size: int
    uptime_s: float


@dataclass(frozen=True)
class GetHealth:
    """Answers GetHealth."""

    version: str
    pack: PackInfo
    gallery: GalleryReader
    match_threshold: float
    quality_threshold: float
    detection_size: int
    started: float = field(default_factory=time.monotonic)

    def __call__(self) -> Health:
        """Return the snapshot at once."""
        return Health(
            self.version,
            self.pack,
            self.gallery.status(),
            self.match_threshold,
            self.quality_threshold,
            self.detection_size,
            time.monotonic() - self.started,
        )
