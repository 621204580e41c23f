"""Edits as arguments of their scripts, and why a script refuses one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from facesvc.domain.edit_errors import (
    LastSampleError,
    SampleNotFoundError,
    TargetFullError,
    TooManyTogetherError,
)
from facesvc.domain.errors import FaceError, UserNotFoundError, VersionConflictError
from facesvc.domain.gallery import MAX_SAMPLES_PER_USER
from facesvc.domain.gallery_edits import (
    GalleryEdit,
    SampleDeletion,
    SampleMove,
    UserMerge,
    UserUpdate,
)
from facesvc.domain.gallery_errors import StoreFailedError, StoreFault, StoreTask
from facesvc.gallery.stores.redis.toolkit.record_codec import RecordCodec
from facesvc.gallery.stores.redis.toolkit.script import Argument


@dataclass(frozen=True)
class Moving:
    """The samples that get another user, and their embeddings, packed for that user. ``packed`` is
    False where embeddings stay as they are.
    """

    packed: bool = False
    sample_ids: Sequence[str] = ()
    embeddings: Sequence[bytes] = ()


NOTHING_MOVES = Moving()


class StaleEditError(StoreFailedError):
    """The user has other samples than those that were packed anew: read them again."""

    def __init__(self) -> None:
        super().__init__(StoreTask.WRITE, StoreFault.CHANGING)


class UserHeldError(StoreFailedError):
    """Samples of the user are on their way to another server, by the transfer of this id."""

    def __init__(self, transfer: str) -> None:
        super().__init__(StoreTask.WRITE, StoreFault.CHANGING)
        self.transfer = transfer


class TransferCancelledError(StoreFailedError):
    """Somebody ended the transfer before the samples were taken, or the collection was deleted
    meanwhile: begin again.
    """

    def __init__(self) -> None:
        super().__init__(StoreTask.WRITE, StoreFault.CHANGING)


def moved_of(edit: GalleryEdit) -> tuple[str, str] | None:
    """Return whose samples an edit moves, and whose they become; None when none does."""
    if isinstance(edit, UserMerge):
        return edit.source_user_id, edit.user_id
    if isinstance(edit, SampleMove):
        return edit.user_id, edit.target_user_id
    return None


def edit_arguments(
    codec: RecordCodec, edit: GalleryEdit, moving: Moving
) -> tuple[str, dict[str, Argument]]:
    """Return an edit's script, by the name in libraries.EDITS, and its arguments."""
    expected = edit.expected_version
    args: dict[str, Argument] = {"user": edit.user_id, "expected": _version(expected)}
    place = (edit.collection, edit.user_id)
    match edit:
        case UserUpdate():
            args |= {
                "set_name": _flag(edit.name is not None),
                "name": codec.pack_name(*place, edit.name or ""),
                "set_metadata": _flag(edit.metadata is not None),
                "metadata": codec.pack_metadata(*place, edit.metadata or {}),
            }
            return "update_user", args
        case SampleDeletion():
            return "delete_sample", args | {"sample": edit.sample_id}
        case UserMerge():
            args |= {
                "source": edit.source_user_id,
                "expected_source": _version(edit.expected_source_version),
                **_moving(moving),
            }
            return "merge_users", args
        case SampleMove():
            args |= {
                "sample": edit.sample_id,
                "target": edit.target_user_id,
                "create": _flag(edit.create_target),
                **_moving(moving),
            }
            return "move_sample", args


def edit_refusal(edit: GalleryEdit, status: str, text: str) -> FaceError | None:
    """Return the error of a script's answer, None for one that every write may have."""
    match status:
        case "ABSENT":
            return UserNotFoundError(text)
        case "NO_SAMPLE":
            return SampleNotFoundError(text)
        case "LAST":
            return LastSampleError()
        case "OVERFULL":
            merges = isinstance(edit, UserMerge)
            return TooManyTogetherError(int(text)) if merges else TargetFullError(int(text))
        case "CONFLICT":
            return _conflict(edit, *text.split(" ", 1))
        case "STALE":
            return StaleEditError()
        case _:
            return None


def _conflict(edit: GalleryEdit, actual: str, user_id: str) -> VersionConflictError:
    if not isinstance(edit, UserMerge):
        return VersionConflictError(edit.expected_version, int(actual))
    of_source = user_id == edit.source_user_id
    expected = edit.expected_source_version if of_source else edit.expected_version
    return VersionConflictError(expected, int(actual), user_id)


def _moving(moving: Moving) -> dict[str, Argument]:
    return {
        "packed": _flag(moving.packed),
        "samples": " ".join(moving.sample_ids),
        "most_samples": MAX_SAMPLES_PER_USER,
    }


def _version(version: int | None) -> str:
    return "" if version is None else str(version)


def _flag(value: bool) -> str:
    return "1" if value else ""
