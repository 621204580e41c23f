"""What an edit does to users and samples: the rules of stores that run in this process.
edit_rules.lua has them for Redis, and tests/conformance/edit_rules.py drives both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from facesvc.domain.edit_errors import (
    LastSampleError,
    SampleNotFoundError,
    TargetFullError,
    TooManyTogetherError,
)
from facesvc.domain.errors import UserNotFoundError, VersionConflictError
from facesvc.domain.gallery import MAX_SAMPLES_PER_USER, User, WriteReceipt
from facesvc.domain.gallery_edits import (
    GalleryEdit,
    SampleDeletion,
    SampleMove,
    UserMerge,
    UserUpdate,
)
from facesvc.gallery.stores.write_rules import check_expected


class StoredFace(Protocol):
    """What the rules need to know of a sample."""

    @property
    def sample_id(self) -> str:
        """Its name."""
        ...


S = TypeVar("S", bound=StoredFace)


@dataclass(frozen=True)
class Held(Generic[S]):
    """A user with its samples."""

    user: User
    samples: tuple[S, ...]


@dataclass(frozen=True)
class PlannedEdit(Generic[S]):
    """The users after an edit, None for one that is gone; ``arrived`` are the samples that are
    another user's than before, and get the edit's version.
    """

    after: Mapping[str, Held[S] | None]
    receipt: WriteReceipt
    arrived: frozenset[str] = frozenset()


def plan_edit(
    edit: GalleryEdit, before: Mapping[str, Held[S] | None], version: int, now: datetime
) -> PlannedEdit[S]:
    """Decide an edit as write number ``version``; ``before`` has each of users_of(edit), None for
    one that does not exist. Raises UserNotFoundError, SampleNotFoundError, VersionConflictError,
    LastSampleError, TooManyTogetherError.
    """
    people = _People(before, version, now)
    match edit:
        case UserUpdate():
            return _update(edit, people)
        case SampleDeletion():
            return _delete_sample(edit, people)
        case UserMerge():
            return _merge(edit, people)
        case SampleMove():
            return _move(edit, people)


@dataclass(frozen=True)
class _People(Generic[S]):
    before: Mapping[str, Held[S] | None]
    version: int
    now: datetime

    def known(self, user_id: str) -> Held[S]:
        held = self.before[user_id]
        if held is None:
            raise UserNotFoundError(user_id)
        return held

    def with_samples(self, held: Held[S], samples: Sequence[S]) -> Held[S]:
        """Return the user as of this write, with these samples."""
        user = replace(held.user, samples=len(samples), updated_at=self.now, version=self.version)
        return Held(user, tuple(samples))

    def new(self, user_id: str) -> Held[S]:
        return Held(User(user_id, "", {}, 0, self.now, self.now, self.version), ())


def _update(edit: UserUpdate, people: _People[S]) -> PlannedEdit[S]:
    held = people.known(edit.user_id)
    check_expected(edit.expected_version, held.user)
    user = people.with_samples(held, held.samples).user
    user = replace(
        user,
        name=user.name if edit.name is None else edit.name,
        metadata=user.metadata if edit.metadata is None else edit.metadata,
    )
    receipt = WriteReceipt(people.version, samples=user.samples)
    return PlannedEdit({edit.user_id: Held(user, held.samples)}, receipt)


def _delete_sample(edit: SampleDeletion, people: _People[S]) -> PlannedEdit[S]:
    held = people.known(edit.user_id)
    check_expected(edit.expected_version, held.user)
    _, left = _without(held, edit.sample_id)
    receipt = WriteReceipt(people.version, samples=len(left), removed=1)
    return PlannedEdit({edit.user_id: people.with_samples(held, left)}, receipt)


def _merge(edit: UserMerge, people: _People[S]) -> PlannedEdit[S]:
    target, source = people.known(edit.user_id), people.known(edit.source_user_id)
    _check_version(edit.expected_version, target)
    _check_version(edit.expected_source_version, source)
    every = (*target.samples, *source.samples)
    if len(every) > MAX_SAMPLES_PER_USER:
        raise TooManyTogetherError(len(every))
    receipt = WriteReceipt(people.version, samples=len(every), removed=len(source.samples))
    after = {edit.user_id: people.with_samples(target, every), edit.source_user_id: None}
    return PlannedEdit(after, receipt, frozenset(one.sample_id for one in source.samples))


def _move(edit: SampleMove, people: _People[S]) -> PlannedEdit[S]:
    source, target = people.known(edit.user_id), people.before[edit.target_user_id]
    check_expected(edit.expected_version, source.user)
    moved, left = _without(source, edit.sample_id)
    if target is None:
        if not edit.create_target:
            raise UserNotFoundError(edit.target_user_id)
        target = people.new(edit.target_user_id)
    every = (*target.samples, moved)
    if len(every) > MAX_SAMPLES_PER_USER:
        raise TargetFullError(len(every))
    after = {
        edit.user_id: people.with_samples(source, left),
        edit.target_user_id: people.with_samples(target, every),
    }
    receipt = WriteReceipt(people.version, samples=len(every), removed=1)
    return PlannedEdit(after, receipt, frozenset({edit.sample_id}))


def _without(held: Held[S], sample_id: str) -> tuple[S, list[S]]:
    """Return a sample and the others."""
    found = [one for one in held.samples if one.sample_id == sample_id]
    if not found:
        raise SampleNotFoundError(sample_id)
    if len(held.samples) == 1:
        raise LastSampleError
    return found[0], [one for one in held.samples if one.sample_id != sample_id]


def _check_version(expected: int | None, held: Held[S]) -> None:
    """Raise VersionConflictError that tells which of two users it is."""
    if expected is not None and expected != held.user.version:
        raise VersionConflictError(expected, held.user.version, held.user.user_id)
