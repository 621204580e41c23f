"""Removing a user."""

from __future__ import annotations

from dataclasses import dataclass

from facesvc.application.call import Call
from facesvc.application.ports.gallery_writer import GalleryWriter
from facesvc.domain.gallery import DEFAULT_COLLECTION, WriteReceipt


@dataclass(frozen=True)
class DeleteRequest:
    """What DeleteEnrollment is asked; ``expected_version`` None means any."""

    user_id: str
    collection: str = DEFAULT_COLLECTION
    request_id: str = ""
    expected_version: int | None = None


@dataclass(frozen=True)
class DeleteUser:
    """Answers DeleteEnrollment."""

    gallery: GalleryWriter

    def __call__(self, request: DeleteRequest, call: Call) -> WriteReceipt:
        """Remove every sample. Raises UserNotFoundError, VersionConflictError,
        StoreUnavailableError.
        """
        return self.gallery.delete(
            request.collection,
            request.user_id,
            call,
            request_id=request.request_id,
            expected_version=request.expected_version,
        )
