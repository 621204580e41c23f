"""The rules of edits, as one table in the manner of write_rules.py: what each sequence of writes
and edits answers and leaves behind, whether Python or Lua decides it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from facesvc.domain.gallery import MAX_SAMPLES_PER_USER
from tests.conformance.write_rules import (
    ADA,
    BOB,
    REUSED,
    Answer,
    Held,
    Number,
    Refused,
    Replayed,
    Rule,
    Stored,
    Version,
    absent,
    add,
    conflict,
    delete,
    enroll,
)

NO_SUCH = "0" * 32


@dataclass(frozen=True)
class EditStep:
    """One edit of ``user``; ``other`` is whom it merges or who gets a sample, ``sample`` the seed
    of the face, None for one that nobody has.
    """

    answer: Answer
    kind: str
    user: str = ADA
    other: str = BOB
    sample: int | None = None
    name: str | None = None
    metadata: Mapping[str, Any] | None = None
    create: bool = False
    request_id: str = ""
    expected: Number | None = None
    expected_source: Number | None = None
    seed: None = dataclasses.field(default=None, init=False)  # its receipt names no sample


def update(answer: Answer, **fields: Any) -> EditStep:
    """UpdateUser."""
    return EditStep(answer, "update", **fields)


def unsample(answer: Answer, sample: int | None, **fields: Any) -> EditStep:
    """DeleteSample."""
    return EditStep(answer, "unsample", sample=sample, **fields)


def merge(answer: Answer, **fields: Any) -> EditStep:
    """MergeUsers: the other's samples become the user's."""
    return EditStep(answer, "merge", **fields)


def move(answer: Answer, sample: int | None, **fields: Any) -> EditStep:
    """MoveSample, from the user to the other."""
    return EditStep(answer, "move", sample=sample, **fields)


def conflict_of(user: str, expected: Number, actual: Number) -> Refused:
    """A conflict of one of two users."""
    told = conflict(expected, actual)
    return dataclasses.replace(told, metadata={**told.metadata, "user_id": user})


def overfull(samples: int, field: str) -> Refused:
    """What a user who would have too many samples answers."""
    return Refused(
        "INVALID_FIELD",
        f"The user would have {samples} samples, and 64 is the most. Delete some of them with"
        " DeleteSample first.",
        field=field,
        metadata={"samples": samples, "limit": 64},
    )


LAST = Refused(
    "LAST_SAMPLE",
    "It is the user's only sample. DeleteEnrollment removes the user with it; MergeUsers makes it"
    " another user's.",
)
NO_SAMPLE = Refused(
    "SAMPLE_NOT_FOUND", "The user has no such sample.", metadata={"sample_id": NO_SUCH}
)
_ANNA = enroll(Stored(1), name="Ada", metadata={"floor": 3})
_FILL = tuple(add(Stored(n + 1), seed=n) for n in range(MAX_SAMPLES_PER_USER))

EDIT_RULES = (
    # UpdateUser
    Rule(
        "An update changes the name alone, the metadata alone, or both",
        (
            _ANNA,
            update(Stored(1), name="Ada L."),
            update(Stored(1), metadata={"badge": 7}),
        ),
        {ADA: Held((1,), Version(2), "Ada L.", {"badge": 7})},
    ),
    Rule(
        "An update clears what it gives as empty",
        (_ANNA, update(Stored(1), name="", metadata={})),
        {ADA: Held((1,), Version(1))},
    ),
    Rule(
        "An update leaves the samples and other users alone",
        (
            _ANNA,
            add(Stored(2), seed=2),
            enroll(Stored(1), user=BOB, seed=3, name="Bob"),
            update(Stored(2), name="A" * 200, metadata={"text": "x" * 5000}),
        ),
        {
            ADA: Held((1, 2), Version(3), "A" * 200, {"text": "x" * 5000}),
            BOB: Held((3,), Version(2), "Bob"),
        },
    ),
    Rule(
        "An update of a user that does not exist is refused, and of one that is deleted",
        (
            enroll(Stored(1), user=BOB, seed=3),
            update(absent(ADA), name="Ada"),
            _ANNA,
            delete(Stored(0, removed=1)),
            update(absent(ADA), name="Ada"),
        ),
        {BOB: Held((3,), Version(0))},
    ),
    Rule(
        "An update obeys expected_version, and counts for it",
        (
            _ANNA,
            update(Stored(1), name="B", expected=Version(0)),
            update(conflict(Version(0), Version(1)), name="C", expected=Version(0)),
            add(conflict(Version(0), Version(1)), seed=2, expected=Version(0)),
        ),
        {ADA: Held((1,), Version(1), "B", {"floor": 3})},
    ),
    Rule(
        "An update with the same request_id is one write, whatever came between",
        (
            _ANNA,
            update(Stored(1), name="B", request_id="r1"),
            update(Stored(1), name="C"),
            update(Replayed(1), name="B", request_id="r1"),
        ),
        {ADA: Held((1,), Version(2), "C", {"floor": 3})},
    ),
    Rule(
        "A request_id of another kind of edit, or of an enrolment, is refused",
        (
            enroll(Stored(1), request_id="r1"),
            add(Stored(2), seed=2),
            update(REUSED, name="B", request_id="r1"),
            update(Stored(2), name="B", request_id="r2"),
            unsample(REUSED, 1, request_id="r2"),
        ),
        {ADA: Held((1, 2), Version(3), "B")},
    ),
    # DeleteSample
    Rule(
        "A deleted sample is gone, and the others stay in their order",
        (
            _ANNA,
            add(Stored(2), seed=2),
            add(Stored(3), seed=3),
            unsample(Stored(2, removed=1), 2),
            add(Stored(3), seed=4),
        ),
        {ADA: Held((1, 3, 4), Version(4), "Ada", {"floor": 3})},
    ),
    Rule(
        "A user's last sample is not deleted",
        (
            _ANNA,
            unsample(LAST, 1),
            add(Stored(2), seed=2),
            unsample(Stored(1, removed=1), 1),
            unsample(LAST, 2),
        ),
        {ADA: Held((2,), Version(3), "Ada", {"floor": 3})},
    ),
    Rule(
        "A sample that nobody has is not found, and another user's neither",
        (
            _ANNA,
            add(Stored(2), seed=2),
            unsample(NO_SAMPLE, None),
            unsample(absent(BOB), None, user=BOB),
        ),
        {ADA: Held((1, 2), Version(1), "Ada", {"floor": 3})},
    ),
    Rule(
        "A deletion of a sample with the same request_id is one write",
        (
            _ANNA,
            add(Stored(2), seed=2),
            add(Stored(3), seed=3),
            unsample(Stored(2, removed=1), 2, request_id="r1"),
            unsample(Replayed(3), 2, request_id="r1"),
            unsample(REUSED, 1, request_id="r1"),
        ),
        {ADA: Held((1, 3), Version(3), "Ada", {"floor": 3})},
    ),
    Rule(
        "A deletion of a sample obeys expected_version",
        (
            _ANNA,
            add(Stored(2), seed=2),
            unsample(conflict(Version(0), Version(1)), 1, expected=Version(0)),
            unsample(Stored(1, removed=1), 1, expected=Version(1)),
        ),
        {ADA: Held((2,), Version(3), "Ada", {"floor": 3})},
    ),
    # MergeUsers
    Rule(
        "A merge makes all samples the user's, who keeps name and metadata; the other is gone",
        (
            _ANNA,
            enroll(Stored(1), user=BOB, seed=2, name="Bob", metadata={"floor": 9}),
            add(Stored(2), user=BOB, seed=3),
            merge(Stored(3, removed=2)),
            add(Stored(4), seed=4),
        ),
        {ADA: Held((1, 2, 3, 4), Version(4), "Ada", {"floor": 3})},
    ),
    Rule(
        "A merge needs both users",
        (
            _ANNA,
            merge(absent(BOB)),
            merge(absent(BOB), user=BOB, other=ADA),
        ),
        {ADA: Held((1,), Version(0), "Ada", {"floor": 3})},
    ),
    Rule(
        "A merge obeys the expected versions of both users",
        (
            _ANNA,
            enroll(Stored(1), user=BOB, seed=2),
            merge(conflict_of(ADA, 99, Version(0)), expected=99),
            merge(
                conflict_of(BOB, 99, Version(1)),
                expected=Version(0),
                expected_source=99,
            ),
            merge(Stored(2, removed=1), expected=Version(0), expected_source=Version(1)),
        ),
        {ADA: Held((1, 2), Version(4), "Ada", {"floor": 3})},
    ),
    Rule(
        "A merge with the same request_id is one write, also when the name lives again",
        (
            _ANNA,
            enroll(Stored(1), user=BOB, seed=2),
            merge(Stored(2, removed=1), request_id="r1"),
            enroll(Stored(1), user=BOB, seed=3),
            merge(Replayed(2), request_id="r1"),
            merge(REUSED, user=BOB, other=ADA, request_id="r1"),
        ),
        {ADA: Held((1, 2), Version(2), "Ada", {"floor": 3}), BOB: Held((3,), Version(3))},
    ),
    Rule(
        "A merge that would give a user more than 64 samples is refused whole",
        (
            *_FILL[:-1],
            enroll(Stored(1), user=BOB, seed=100),
            add(Stored(2), user=BOB, seed=101),
            merge(overfull(65, "user_id")),
            unsample(Stored(1, removed=1), 100, user=BOB),
            merge(Stored(64, removed=1)),
        ),
        {ADA: Held((*range(63), 101), Version(67))},
    ),
    # MoveSample
    Rule(
        "A moved sample is the other user's, after those that it had",
        (
            _ANNA,
            add(Stored(2), seed=2),
            enroll(Stored(1), user=BOB, seed=3, name="Bob"),
            move(Stored(2, removed=1), 1),
            add(Stored(2), seed=4),
        ),
        {
            ADA: Held((2, 4), Version(4), "Ada", {"floor": 3}),
            BOB: Held((3, 1), Version(3), "Bob"),
        },
    ),
    Rule(
        "A sample that goes and comes back is there once",
        (
            _ANNA,
            add(Stored(2), seed=2),
            enroll(Stored(1), user=BOB, seed=3),
            move(Stored(2, removed=1), 1),
            move(Stored(2, removed=1), 1, user=BOB, other=ADA),
        ),
        {
            ADA: Held((2, 1), Version(4), "Ada", {"floor": 3}),
            BOB: Held((3,), Version(4)),
        },
    ),
    Rule(
        "A move makes a new user only when asked to",
        (
            _ANNA,
            add(Stored(2), seed=2),
            move(absent(BOB), 2),
            move(Stored(1, removed=1), 2, create=True),
            move(LAST, 1),
        ),
        {ADA: Held((1,), Version(3), "Ada", {"floor": 3}), BOB: Held((2,), Version(3))},
    ),
    Rule(
        "A move of what is not there is refused",
        (
            _ANNA,
            add(Stored(2), seed=2),
            move(absent(BOB), 1, user=BOB, other=ADA),
            move(NO_SAMPLE, None),
            move(absent(BOB), 1),
        ),
        {ADA: Held((1, 2), Version(1), "Ada", {"floor": 3})},
    ),
    Rule(
        "A move obeys expected_version and request_id",
        (
            _ANNA,
            add(Stored(2), seed=2),
            enroll(Stored(1), user=BOB, seed=3),
            move(conflict(Version(0), Version(1)), 1, expected=Version(0)),
            move(Stored(2, removed=1), 1, expected=Version(1), request_id="r1"),
            move(Replayed(4), 1, expected=Version(1), request_id="r1"),
        ),
        {
            ADA: Held((2,), Version(4), "Ada", {"floor": 3}),
            BOB: Held((3, 1), Version(4)),
        },
    ),
    Rule(
        "A user who has 64 samples gets no more by a move",
        (
            *_FILL,
            enroll(Stored(1), user=BOB, seed=100),
            add(Stored(2), user=BOB, seed=101),
            move(overfull(65, "target_user_id"), 100, user=BOB, other=ADA),
        ),
        {ADA: Held(tuple(range(64)), Version(63)), BOB: Held((100, 101), Version(65))},
    ),
)
