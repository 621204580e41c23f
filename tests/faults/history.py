"""Checks a history of concurrent calls on one user: some order of single steps must explain it.

Each write is known by its version, so the order of writes is given and only reads have to be
placed. A read saw either the write of a certain version, or that the user was absent, which may
be the time before the first write or after any deletion. Placing reads in the order of their
ends, each as early as its predecessors in real time allow, finds an order if there is one.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

ABSENT = -1


@dataclass(frozen=True)
class Write:
    """A write, from ``begin`` to ``end`` in real time, that made ``version``."""

    begin: int
    end: int
    version: int
    deletes: bool


@dataclass(frozen=True)
class Read:
    """A read that saw the write of ``version``, or ABSENT."""

    begin: int
    end: int
    version: int


def violations(operations: Sequence[Write | Read]) -> list[Write | Read]:
    """Return the operations that no order of single steps explains."""
    writes = sorted((op for op in operations if isinstance(op, Write)), key=lambda w: w.version)
    by_version = {write.version: write for write in writes}
    absent_from = [0, *(write.version for write in writes if write.deletes)]
    wrong: list[Write | Read] = []
    ends: list[int] = []
    newest: list[int] = []  # at each of these ends, the newest version that was seen or made
    for operation in sorted(operations, key=lambda op: op.end):
        earlier = bisect_left(ends, operation.begin) - 1
        least = newest[earlier] if earlier >= 0 else 0
        version = _place(operation, least, by_version, absent_from)
        if version is None:
            wrong.append(operation)
            continue
        ends.append(operation.end)
        newest.append(max(version, newest[-1] if newest else 0))
    return wrong


def _place(
    operation: Write | Read, least: int, by_version: dict[int, Write], absent_from: list[int]
) -> int | None:
    """Return the version at which the operation happened, not before ``least``; or None."""
    if isinstance(operation, Write):
        return operation.version if operation.version > least else None
    if operation.version == ABSENT:
        place = bisect_left(absent_from, least)
        # An absence that began before `least` may last: nothing between ended it.
        lasting = absent_from[place - 1] if place and least not in absent_from[place:] else None
        if lasting is not None and not any(lasting < v <= least for v in by_version):
            return least
        if place == len(absent_from):
            return None
        version = absent_from[place]
    else:
        version = operation.version
    if version < least:
        return None
    made = by_version.get(version)
    if version and (made is None or made.begin > operation.end):
        return None
    return version
