"""Comparing every sample of a gallery with every other one, block by block."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

_BLOCK = 1024  # rows and columns at once: 4 MiB of cosines, which stay in the cache
_NONE = np.float32(-2.0)  # below every cosine


@dataclass
class GalleryComparison:
    """The best similarities among n samples, ``users`` int64 (n,) in ascending order.

    ``own`` float32 (n,): the best cosine to another sample of the same user, -2 where there is
    none. ``other`` float32 (n,): the best to another user's, ``nearest`` int64 (n,) that sample.
    ``pairs`` are (row, row, cosine) of two users at or above the threshold, the best of each
    pair of users; ``crowd`` maps a row to the users that it matches.
    """

    embeddings: NDArray[np.float32]
    users: NDArray[np.int64]
    threshold: float
    own: NDArray[np.float32] = field(init=False)
    other: NDArray[np.float32] = field(init=False)
    nearest: NDArray[np.int64] = field(init=False)
    crowd: dict[int, set[int]] = field(init=False, default_factory=dict)
    _best: dict[tuple[int, int], tuple[int, int, float]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        count = len(self.users)
        self.own = np.full(count, _NONE, np.float32)
        self.other = np.full(count, _NONE, np.float32)
        self.nearest = np.full(count, -1, np.int64)

    def run(self) -> Iterator[float]:
        """Compare; yield the share that is done, 0-1, after each block of rows."""
        count = len(self.users)
        starts = range(0, count, _BLOCK)
        done, total = 0, len(starts) * (len(starts) + 1) // 2
        for first in starts:
            rows = slice(first, min(first + _BLOCK, count))
            for second in range(first, count, _BLOCK):
                columns = slice(second, min(second + _BLOCK, count))
                self._compare(rows, columns)
                done += 1
            yield done / total

    def pairs(self) -> list[tuple[int, int, float]]:
        """Return the matching pairs of users, most similar first."""
        return sorted(self._best.values(), key=lambda pair: -pair[2])

    def _compare(self, rows: slice, columns: slice) -> None:
        cosines = self.embeddings[rows] @ self.embeddings[columns].T
        # Users are in order, so only blocks in which their ranges meet hold pairs of one user.
        if self.users[rows.stop - 1] >= self.users[columns.start]:
            same = self.users[rows][:, None] == self.users[columns][None, :]
            if rows == columns:
                np.fill_diagonal(cosines, _NONE)
            within = np.where(same, cosines, _NONE)
            np.maximum(self.own[rows], within.max(axis=1), out=self.own[rows])
            np.maximum(self.own[columns], within.max(axis=0), out=self.own[columns])
            cosines[same] = _NONE
        self._remember_nearest(rows, columns.start, cosines)
        if rows != columns:
            self._remember_nearest(columns, rows.start, cosines.T)
        if cosines.max() >= self.threshold:
            self._remember_pairs(rows, columns, cosines)

    def _remember_nearest(self, rows: slice, offset: int, cosines: NDArray[np.float32]) -> None:
        best = cosines.argmax(axis=1)
        values = cosines[np.arange(len(cosines)), best]
        better = values > self.other[rows]
        self.other[rows][better] = values[better]
        self.nearest[rows][better] = best[better] + offset

    def _remember_pairs(self, rows: slice, columns: slice, cosines: NDArray[np.float32]) -> None:
        for row, column in zip(*np.nonzero(cosines >= self.threshold), strict=True):
            first, second = int(row) + rows.start, int(column) + columns.start
            if first >= second:
                continue  # a block on the diagonal holds each pair twice
            cosine = float(cosines[row, column])
            one, two = int(self.users[first]), int(self.users[second])
            self.crowd.setdefault(first, set()).add(two)
            self.crowd.setdefault(second, set()).add(one)
            known = self._best.get((one, two))
            if known is None or cosine > known[2]:
                self._best[one, two] = (first, second, cosine)
