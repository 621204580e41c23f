"""Listing the collections."""

from __future__ import annotations

from dataclasses import dataclass

from facesvc.application.ports.gallery_reader import GalleryReader
from facesvc.domain.gallery import CollectionInfo


@dataclass(frozen=True)
class ListCollections:
    """Answers ListCollections."""

    gallery: GalleryReader

    def __call__(self) -> list[CollectionInfo]:
        """Return every collection, sorted by name, at once."""
        return self.gallery.list_collections()
