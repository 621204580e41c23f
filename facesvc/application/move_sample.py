"""Giving a sample to another user."""

from __future__ import annotations

from dataclasses import dataclass

from facesvc.application.call import Call
from facesvc.application.ports.gallery_writer import GalleryWriter
from facesvc.domain.errors import InvalidFieldError
from facesvc.domain.gallery import WriteReceipt
from facesvc.domain.gallery_edits import SampleMove


@dataclass(frozen=True)
class MoveSample:
    """Answers MoveSample."""

    gallery: GalleryWriter

    def __call__(self, edit: SampleMove, call: Call) -> WriteReceipt:
        """Store it durably, in one write. Raises UserNotFoundError, SampleNotFoundError,
        LastSampleError, VersionConflictError, InvalidFieldError (the same user twice, too many
        samples), StoreUnavailableError.
        """
        if edit.target_user_id == edit.user_id:
            raise InvalidFieldError(
                "target_user_id must be another user than user_id.", field="target_user_id"
            )
        return self.gallery.edit(edit, call)
