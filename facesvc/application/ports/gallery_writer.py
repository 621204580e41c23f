"""Writing users and their samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from facesvc.application.call import Call
from facesvc.domain.errors import FaceError
from facesvc.domain.gallery import Deletion, Enrolment, WriteReceipt
from facesvc.domain.gallery_edits import GalleryEdit


class GalleryWriter(Protocol):
    """Durable writes, of one user each but for edits."""

    def enroll(self, enrolment: Enrolment, call: Call) -> WriteReceipt:
        """Store durably, then answer. Raises VersionConflictError, StoreUnavailableError,
        InvalidFieldError (field mode) when the user has MAX_SAMPLES_PER_USER.
        """
        ...

    def enroll_many(
        self, enrolments: Sequence[Enrolment], call: Call
    ) -> list[WriteReceipt | FaceError]:
        """Enrol a batch, each on its own, in order; far cheaper than one by one. The result
        at an index is the receipt, or the error that enroll would have raised.
        """
        ...

    def delete(
        self,
        collection: str,
        user_id: str,
        call: Call,
        *,
        request_id: str = "",
        expected_version: int | None = None,
    ) -> WriteReceipt:
        """Remove every sample. Raises UserNotFoundError, VersionConflictError,
        StoreUnavailableError.
        """
        ...

    def delete_many(
        self, deletions: Sequence[Deletion], call: Call
    ) -> list[WriteReceipt | FaceError]:
        """Remove many users, each on its own, in order; far cheaper than one by one. The result
        at an index is the receipt, or the error that delete would have raised.
        """
        ...

    def edit(self, edit: GalleryEdit, call: Call) -> WriteReceipt:
        """Change users who are enrolled: one write, whole or not at all. ``samples`` of the
        receipt are those of the user who has more or fewer now, ``removed`` how many left
        another user or the gallery. Raises UserNotFoundError, SampleNotFoundError,
        VersionConflictError, LastSampleError, InvalidFieldError (too many samples; request_id of
        another write), StoreUnavailableError.
        """
        ...
