"""Listing the users of a collection, page by page."""

from __future__ import annotations

from dataclasses import dataclass

from facesvc.application.call import Call
from facesvc.application.ports.gallery_reader import GalleryReader
from facesvc.domain.gallery import DEFAULT_COLLECTION, UserPage
from facesvc.domain.metadata_filter import EVERYBODY, MetadataFilter


@dataclass(frozen=True)
class ListRequest:
    """What ListGallery is asked; an empty ``page_token`` means the first page."""

    page_size: int
    page_token: str = ""
    collection: str = DEFAULT_COLLECTION
    min_version: int = 0
    where: MetadataFilter = EVERYBODY


@dataclass(frozen=True)
class ListUsers:
    """Answers ListGallery."""

    gallery: GalleryReader

    def __call__(self, request: ListRequest, call: Call) -> UserPage:
        """Return users in user_id order. Raises InvalidFieldError (field page_token),
        StoreUnavailableError.
        """
        return self.gallery.list_users(
            request.collection,
            request.page_size,
            request.page_token,
            call,
            min_version=request.min_version,
            where=request.where,
        )
