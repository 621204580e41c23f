"""What a write does to a user: the rules that every store that runs in this process applies."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from facesvc.domain.errors import VersionConflictError
from facesvc.domain.gallery import (
    MAX_SAMPLES_PER_USER,
    EnrollMode,
    Enrolment,
    Sample,
    User,
    WriteReceipt,
)
from facesvc.domain.gallery_errors import TooManySamplesError


@dataclass(frozen=True)
class PlannedEnrolment:
    """The user and the sample after an enrolment; ``clears`` if earlier samples go."""

    user: User
    sample: Sample
    clears: bool
    receipt: WriteReceipt


def plan_enrolment(
    enrolment: Enrolment, before: User | None, recognizer: str, version: int, now: datetime
) -> PlannedEnrolment:
    """Decide an enrolment as write number ``version``. Raises VersionConflictError,
    TooManySamplesError.
    """
    check_expected(enrolment.expected_version, before)
    clears = enrolment.mode is EnrollMode.REPLACE
    earlier = before.samples if before else 0
    kept = 0 if clears else earlier
    if kept >= MAX_SAMPLES_PER_USER:
        raise TooManySamplesError(kept)
    origin = enrolment.origin
    keeps = before if not clears else None
    user = User(
        user_id=enrolment.user_id,
        name=enrolment.name or (keeps.name if keeps else ""),
        metadata=enrolment.metadata or (keeps.metadata if keeps else {}),
        samples=kept + 1,
        created_at=_created_at(enrolment, before, now),
        updated_at=now,
        version=version,
    )
    sample = Sample(
        collection=enrolment.collection,
        user_id=enrolment.user_id,
        sample_id=uuid.uuid4().hex,
        embedding=enrolment.embedding,
        recognizer=recognizer,
        name=user.name,
        metadata=user.metadata,
        quality=enrolment.quality,
        created_at=origin.sample_created_at if origin else now,
        version=version,
        facts=enrolment.facts,
    )
    receipt = WriteReceipt(version, sample.sample_id, user.samples, earlier - kept)
    return PlannedEnrolment(user, sample, clears, receipt)


def check_expected(expected: int | None, before: User | None) -> None:
    """Raise VersionConflictError unless the user has the expected version."""
    actual = before.version if before else 0
    if expected is not None and expected != actual:
        raise VersionConflictError(expected, actual)


def _created_at(enrolment: Enrolment, before: User | None, now: datetime) -> datetime:
    if before is not None:
        return before.created_at
    return enrolment.origin.user_created_at if enrolment.origin else now
