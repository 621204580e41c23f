"""Telling what is known of a user's samples."""

from __future__ import annotations

from dataclasses import dataclass

from facesvc.application.call import Call
from facesvc.application.ports.gallery_reader import GalleryReader
from facesvc.domain.gallery import DEFAULT_COLLECTION, EnrolledUser


@dataclass(frozen=True)
class SamplesRequest:
    """What ListSamples is asked."""

    user_id: str
    collection: str = DEFAULT_COLLECTION
    min_version: int = 0


@dataclass(frozen=True)
class ListSamples:
    """Answers ListSamples."""

    gallery: GalleryReader

    def __call__(self, request: SamplesRequest, call: Call) -> EnrolledUser:
        """Return the user with its samples, the oldest first. Raises UserNotFoundError,
        StoreUnavailableError.
        """
        return self.gallery.enrolled(
            request.collection, request.user_id, call, min_version=request.min_version
        )
