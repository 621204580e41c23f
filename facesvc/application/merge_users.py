"""Making two users one."""

from __future__ import annotations

from dataclasses import dataclass

from facesvc.application.call import Call
from facesvc.application.ports.gallery_writer import GalleryWriter
from facesvc.domain.errors import InvalidFieldError
from facesvc.domain.gallery import WriteReceipt
from facesvc.domain.gallery_edits import UserMerge


@dataclass(frozen=True)
class MergeUsers:
    """Answers MergeUsers."""

    gallery: GalleryWriter

    def __call__(self, edit: UserMerge, call: Call) -> WriteReceipt:
        """Store it durably, in one write. Raises UserNotFoundError, VersionConflictError,
        InvalidFieldError (the same user twice, too many samples), StoreUnavailableError.
        """
        if edit.source_user_id == edit.user_id:
            raise InvalidFieldError(
                "source_user_id must be another user than user_id.", field="source_user_id"
            )
        return self.gallery.edit(edit, call)
