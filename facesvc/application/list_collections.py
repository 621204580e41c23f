"""Listing the collections."""

from __future__ import annotations

from dataclasses import dataclass

from facesvc.application.ports.gallery_reader import GalleryReader
from facesvc.domain.gallery import CollectionInfo


@dataclass(frozen=True)
class ListCollections:
    """Answers ListCollections."""

    gallery: GalleryReader

    def __call__(self, after: str = "") -> list[CollectionInfo]:
        """Return every collection after this name, sorted by name, at once."""
        return [each for each in self.gallery.list_collections() if each.name > after]
