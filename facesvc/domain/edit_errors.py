"""Errors of edits, with all of their text; those of every write are in gallery_errors.py."""

from __future__ import annotations

from typing import ClassVar

from facesvc.domain.errors import ErrorKind, FaceError, InvalidFieldError
from facesvc.domain.gallery import MAX_SAMPLES_PER_USER


class TooManyTogetherError(InvalidFieldError):
    """A merge would give a user more than MAX_SAMPLES_PER_USER samples."""

    of_field: ClassVar[str] = "user_id"

    def __init__(self, samples: int) -> None:
        super().__init__(
            f"The user would have {samples} samples, and {MAX_SAMPLES_PER_USER} is the most."
            " Delete some of them with DeleteSample first.",
            field=self.of_field,
            samples=samples,
            limit=MAX_SAMPLES_PER_USER,
        )


class TargetFullError(TooManyTogetherError):
    """Whoever is to get a sample has MAX_SAMPLES_PER_USER already."""

    of_field = "target_user_id"


class SampleNotFoundError(FaceError):
    """The user has no sample of this id."""

    reason = "SAMPLE_NOT_FOUND"
    kind = ErrorKind.NOT_FOUND

    def __init__(self, sample_id: str) -> None:
        super().__init__("The user has no such sample.", sample_id=sample_id)


class LastSampleError(FaceError):
    """The sample is all that the user has."""

    reason = "LAST_SAMPLE"
    kind = ErrorKind.PRECONDITION

    def __init__(self) -> None:
        super().__init__(
            "It is the user's only sample. DeleteEnrollment removes the user with it; MergeUsers"
            " makes it another user's."
        )
