"""Telling what is known of a user."""

from __future__ import annotations

from dataclasses import dataclass

from facesvc.application.call import Call
from facesvc.application.ports.gallery_reader import GalleryReader
from facesvc.domain.gallery import DEFAULT_COLLECTION, User


@dataclass(frozen=True)
class GetRequest:
    """What GetEnrollment is asked."""

    user_id: str
    collection: str = DEFAULT_COLLECTION
    min_version: int = 0


@dataclass(frozen=True)
class GetUser:
    """Answers GetEnrollment."""

    gallery: GalleryReader

    def __call__(self, request: GetRequest, call: Call) -> User:
        """Return the user. Raises UserNotFoundError, StoreUnavailableError."""
        return self.gallery.get(
            request.collection, request.user_id, call, min_version=request.min_version
        )
