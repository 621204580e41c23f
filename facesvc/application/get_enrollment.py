"""Telling what is known of a user."""

from __future__ import annotations

from dataclasses import dataclass

from facesvc.application.call import Call
from facesvc.application.ports.gallery_reader import GalleryReader
from facesvc.domain.gallery import DEFAULT_COLLECTION, Sample, User


@dataclass(frozen=True)
class GetRequest:
    """What GetEnrollment is asked; ``samples`` asks for them too."""

    user_id: str
    collection: str = DEFAULT_COLLECTION
    min_version: int = 0
    samples: bool = False


@dataclass(frozen=True)
class GetUser:
    """Answers GetEnrollment."""

    gallery: GalleryReader

    def __call__(self, request: GetRequest, call: Call) -> tuple[User, tuple[Sample, ...]]:
        """Return the user, and the samples where asked for: those are read from the store, the
        user is in memory. Raises UserNotFoundError, StoreUnavailableError.
        """
        of, least = (request.collection, request.user_id, call), request.min_version
        if not request.samples:
            return self.gallery.get(*of, min_version=least), ()
        enrolled = self.gallery.enrolled(*of, min_version=least)
        return enrolled.user, enrolled.samples
