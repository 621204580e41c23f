"""Removing one sample of a user."""

from __future__ import annotations

from dataclasses import dataclass

from facesvc.application.call import Call
from facesvc.application.ports.gallery_writer import GalleryWriter
from facesvc.domain.gallery import WriteReceipt
from facesvc.domain.gallery_edits import SampleDeletion


@dataclass(frozen=True)
class DeleteSample:
    """Answers DeleteSample."""

    gallery: GalleryWriter

    def __call__(self, edit: SampleDeletion, call: Call) -> WriteReceipt:
        """Store it durably. Raises UserNotFoundError, SampleNotFoundError,
        LastSampleError, VersionConflictError, StoreUnavailableError.
        """
        return self.gallery.edit(edit, call)
