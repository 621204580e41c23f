"""The write rules, as one table: what each sequence of writes answers and leaves behind.

Whatever decides a write (Python for SQLite, memory and the fake, Lua inside Redis) is driven
through this table by test_write_rules.py.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from facesvc.domain.gallery import MAX_SAMPLES_PER_USER, EnrollMode
from tests.conformance.capabilities import Capability

ADA, BOB = "ada", "bob"  # the tests' collections are named so that servers keep them apart


@dataclass(frozen=True)
class Version:
    """The version that a step's receipt told."""

    of_step: int


Number = int | Version


@dataclass(frozen=True)
class Stored:
    """A new version, and how many samples the user has and lost."""

    samples: int
    removed: int = 0


@dataclass(frozen=True)
class Replayed:
    """The very receipt of an earlier step, and no new version."""

    of_step: int


@dataclass(frozen=True)
class Refused:
    """The whole payload of an error; metadata may hold versions of earlier steps."""

    reason: str
    message: str
    field: str = ""
    metadata: Mapping[str, Any] = dataclasses.field(default_factory=dict)


Answer = Stored | Replayed | Refused


@dataclass(frozen=True)
class Write:
    """One call. ``seed`` makes the face; a ``seed`` of None is a deletion."""

    answer: Answer
    user: str = ADA
    seed: int | None = 1
    mode: EnrollMode = EnrollMode.REPLACE
    name: str = ""
    metadata: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    request_id: str = ""
    expected: Number | None = None


@dataclass(frozen=True)
class Held:
    """A user afterwards; ``seeds`` are the faces, the oldest first."""

    seeds: tuple[int, ...]
    version: Version
    name: str = ""
    metadata: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class Rule:
    """A promise, the writes that try it, and what is held afterwards; others are absent."""

    promise: str
    writes: tuple[Write, ...]
    after: Mapping[str, Held]
    needs: tuple[Capability, ...] = ()


def enroll(answer: Answer, **fields: Any) -> Write:
    """An enrolment in mode REPLACE."""
    return Write(answer, **fields)


def add(answer: Answer, **fields: Any) -> Write:
    """An enrolment in mode ADD."""
    return Write(answer, mode=EnrollMode.ADD, **fields)


def delete(answer: Answer, **fields: Any) -> Write:
    """A deletion."""
    return Write(answer, seed=None, **fields)


def conflict(expected: Number, actual: Number) -> Refused:
    """What an expected version that is not the user's answers."""
    return Refused(
        "VERSION_CONFLICT",
        "The user changed since the expected version.",
        metadata={"expected": expected, "actual": actual},
    )


def absent(user: str) -> Refused:
    """What an unknown user answers."""
    return Refused("USER_NOT_FOUND", "No such user is enrolled.", metadata={"user_id": user})


REUSED = Refused(
    "INVALID_FIELD",
    "Another write, or one for another user, had this request_id.",
    field="request_id",
)
FULL = Refused(
    "INVALID_FIELD",
    "The user has 64 samples, the most there may be. Use mode REPLACE.",
    field="mode",
    metadata={"samples": 64, "limit": 64},
)
_FILL = tuple(add(Stored(n + 1), seed=n) for n in range(MAX_SAMPLES_PER_USER))

RULES = (
    # REPLACE and ADD
    Rule(
        "REPLACE removes the user's earlier samples",
        (
            enroll(Stored(1), seed=1),
            add(Stored(2), seed=2),
            enroll(Stored(1, removed=2), seed=3),
        ),
        {ADA: Held((3,), Version(2))},
    ),
    Rule(
        "REPLACE without a name or metadata clears them",
        (
            enroll(Stored(1), name="Ada", metadata={"floor": 3}),
            enroll(Stored(1, removed=1), seed=2),
        ),
        {ADA: Held((2,), Version(1))},
    ),
    Rule(
        "ADD keeps earlier samples, and the name and metadata that it does not give",
        (
            enroll(Stored(1), name="Ada", metadata={"floor": 3}),
            add(Stored(2), seed=2),
        ),
        {ADA: Held((1, 2), Version(1), "Ada", {"floor": 3})},
    ),
    Rule(
        "ADD replaces the name and the metadata that it gives",
        (
            enroll(Stored(1), name="Ada", metadata={"floor": 3}),
            add(Stored(2), seed=2, name="Ada L.", metadata={"badge": 7}),
        ),
        {ADA: Held((1, 2), Version(1), "Ada L.", {"badge": 7})},
    ),
    Rule(
        "ADD enrols a user that does not exist",
        (add(Stored(1), name="Ada"),),
        {ADA: Held((1,), Version(0), "Ada")},
    ),
    # Limits
    Rule(
        "A user has at most 64 samples: one more is refused and stores nothing",
        (*_FILL, add(FULL, seed=99)),
        {ADA: Held(tuple(range(64)), Version(63))},
    ),
    Rule(
        "REPLACE is open to a user with 64 samples",
        (*_FILL, enroll(Stored(1, removed=64), seed=99)),
        {ADA: Held((99,), Version(64))},
    ),
    # Deletion
    Rule(
        "A deletion removes every sample and counts them",
        (enroll(Stored(1)), add(Stored(2), seed=2), delete(Stored(0, removed=2))),
        {},
    ),
    Rule(
        "An unknown user cannot be deleted",
        (enroll(Stored(1), user=BOB), delete(absent(ADA)), delete(absent(ADA))),
        {BOB: Held((1,), Version(0))},
    ),
    Rule(
        "A deleted user is unknown, and can be enrolled anew",
        (
            enroll(Stored(1), name="Ada"),
            delete(Stored(0, removed=1)),
            delete(absent(ADA)),
            add(Stored(1), seed=2),
        ),
        {ADA: Held((2,), Version(3))},
    ),
    # Idempotency
    Rule(
        "A retried enrolment gives the same receipt and one version",
        (
            enroll(Stored(1), request_id="r1"),
            enroll(Replayed(0), request_id="r1"),
            add(Replayed(0), seed=2, request_id="r1"),
        ),
        {ADA: Held((1,), Version(0))},
    ),
    Rule(
        "A retried ADD adds once",
        (
            enroll(Stored(1)),
            add(Stored(2), seed=2, request_id="r1"),
            add(Replayed(1), seed=2, request_id="r1"),
        ),
        {ADA: Held((1, 2), Version(1))},
    ),
    Rule(
        "A retried deletion gives the same receipt, although the user is gone",
        (
            enroll(Stored(1)),
            delete(Stored(0, removed=1), request_id="r1"),
            delete(Replayed(1), request_id="r1"),
        ),
        {},
    ),
    Rule(
        "A late retry gives the old receipt and undoes nothing written since",
        (
            enroll(Stored(1), request_id="r1"),
            enroll(Stored(1, removed=1), seed=2),
            enroll(Replayed(0), request_id="r1"),
            delete(Stored(0, removed=1)),
            enroll(Replayed(0), request_id="r1"),
        ),
        {},
    ),
    Rule(
        "A retry is answered before its expected version is compared",
        (
            enroll(Stored(1), request_id="r1", expected=0),
            enroll(Replayed(0), request_id="r1", expected=0),
        ),
        {ADA: Held((1,), Version(0))},
    ),
    Rule(
        "A refused write leaves no receipt: its retry is judged anew",
        (
            enroll(Stored(1), user=BOB),
            delete(absent(ADA), request_id="r1"),
            enroll(Stored(1), expected=0),
            delete(Stored(0, removed=1), request_id="r1"),
        ),
        {BOB: Held((1,), Version(0))},
    ),
    Rule(
        "A request_id of another kind of write is refused",
        (
            enroll(Stored(1), request_id="r1"),
            delete(REUSED, request_id="r1"),
        ),
        {ADA: Held((1,), Version(0))},
    ),
    Rule(
        "A request_id of another user's write is refused",
        (
            enroll(Stored(1), request_id="r1"),
            enroll(REUSED, user=BOB, request_id="r1"),
        ),
        {ADA: Held((1,), Version(0))},
        needs=(Capability.ONE_RECEIPT_BOOK,),
    ),
    # Expected version
    Rule(
        "expected_version 0 means that the user must not exist",
        (
            enroll(Stored(1), expected=0),
            enroll(conflict(0, Version(0)), seed=2, expected=0),
            delete(Stored(0, removed=1)),
            enroll(Stored(1), seed=3, expected=0),
        ),
        {ADA: Held((3,), Version(3))},
    ),
    Rule(
        "expected_version is the user's last version, of an enrolment and of a deletion",
        (
            enroll(Stored(1)),
            enroll(Stored(1, removed=1), seed=2, expected=Version(0)),
            enroll(conflict(Version(0), Version(1)), seed=3, expected=Version(0)),
            delete(conflict(Version(0), Version(1)), expected=Version(0)),
            delete(Stored(0, removed=1), expected=Version(1)),
        ),
        {},
    ),
    Rule(
        "expected_version of a user that does not exist is a conflict with version 0",
        (enroll(conflict(7, 0), expected=7),),
        {},
    ),
    Rule(
        "Other users' writes do not count for expected_version",
        (
            enroll(Stored(1)),
            enroll(Stored(1), user=BOB, seed=2),
            add(Stored(2), seed=3, expected=Version(0)),
        ),
        {ADA: Held((1, 3), Version(2)), BOB: Held((2,), Version(1))},
    ),
    Rule(
        "A collection's versions count the writes of all its users, from 1",
        (
            enroll(Stored(1), expected=0),
            enroll(Stored(1), user=BOB, seed=2, expected=0),
            enroll(conflict(0, 1), expected=0),
            enroll(conflict(0, 2), user=BOB, expected=0),
            delete(Stored(0, removed=1), expected=1),
            enroll(Stored(1), seed=3),
            enroll(conflict(0, 4), expected=0),
        ),
        {ADA: Held((3,), Version(5)), BOB: Held((2,), Version(1))},
        needs=(Capability.ONE_COUNTER,),
    ),
)
