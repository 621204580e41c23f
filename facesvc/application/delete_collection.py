"""Removing a collection."""

from __future__ import annotations

from dataclasses import dataclass

from facesvc.application.call import Call
from facesvc.application.ports.gallery_admin import GalleryAdmin
from facesvc.domain.gallery import WriteReceipt


@dataclass(frozen=True)
class DeleteCollection:
    """Answers DeleteCollection."""

    gallery: GalleryAdmin

    def __call__(self, collection: str, call: Call) -> WriteReceipt:
        """Remove the collection with all its users. Raises CollectionNotFoundError,
        StoreUnavailableError, InvalidFieldError when an alias leads to it.
        """
        return self.gallery.delete_collection(collection, call)
