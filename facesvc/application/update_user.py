"""Changing a user's name or metadata."""

from __future__ import annotations

from dataclasses import dataclass

from facesvc.application.call import Call
from facesvc.application.ports.gallery_writer import GalleryWriter
from facesvc.domain.gallery import WriteReceipt
from facesvc.domain.gallery_edits import UserUpdate


@dataclass(frozen=True)
class UpdateUser:
    """Answers UpdateUser."""

    gallery: GalleryWriter

    def __call__(self, edit: UserUpdate, call: Call) -> WriteReceipt:
        """Store it durably. Raises UserNotFoundError, VersionConflictError,
        StoreUnavailableError.
        """
        return self.gallery.edit(edit, call)
