"""The rows of one collection: blocks that are appended to, never copied or changed.

A row is written beyond what any reader looks at, and dies by being stamped with the generation
that no longer has it. So one reference, a view's, makes a whole write visible at once, and
readers of earlier views go on with what they see.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence, Set
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from facesvc.domain.faces import EMBEDDING_SIZE
from facesvc.gallery.index import kernels

BLOCK_ROWS = 65_536  # 128 MiB of float32, 8 MiB of codes that every search reads
FIRST_BLOCK_ROWS = 256  # blocks grow up to BLOCK_ROWS, so that a small collection is small
_GROWTH = 4
_CODED_ROWS = 128  # 256 KiB: what coding reads again and again stays in the cache
_CACHE_LINE = 64  # bytes
ALIVE = np.uint32(2**32 - 1)


class Block:
    """Room for ``capacity`` rows, of which the first ``width`` numbers are coded: those that every
    search reads in ``codes``, the others in ``later``, which is read for the rows that are left.
    Memory is touched only as rows come.
    """

    __slots__ = (
        "beyond",
        "capacity",
        "codes",
        "died",
        "first_residual",
        "later",
        "owners",
        "residual",
        "rest",
        "scales",
        "vectors",
        "width",
    )

    def __init__(self, capacity: int, width: int = EMBEDDING_SIZE) -> None:
        self.capacity, self.width = capacity, width
        self.vectors = np.empty((capacity, EMBEDDING_SIZE), np.float32)
        first = kernels.first_of(width)
        self.codes = _aligned(capacity, first)
        self.later = _aligned(capacity, width - first)
        self.beyond = np.empty(capacity if first < width else 0, np.float32)
        self.scales = np.empty(capacity, np.float32)
        self.owners = np.empty(capacity, np.int32)
        self.died = np.empty(capacity, np.uint32)
        # Of the worst row; they only grow, so they hold for every view.
        self.residual = self.first_residual = self.rest = 0.0

    def write(self, start: int, vectors: NDArray[np.float32], owners: NDArray[np.int32]) -> None:
        """Fill rows from ``start``; no view shows them yet."""
        stop = start + len(vectors)
        for at in range(0, len(vectors), _CODED_ROWS):
            part = slice(start + at, min(start + at + _CODED_ROWS, stop))
            rows = self.vectors[part]
            rows[:] = vectors[at : at + _CODED_ROWS]
            coded = kernels.quantise(rows, self.width)
            self.residual = max(self.residual, coded.residual)
            self.first_residual = max(self.first_residual, coded.first_residual)
            self.rest = max(self.rest, coded.rest)
            first = self.codes.shape[1]
            self.codes[part] = coded.codes[:, :first]
            self.later[part] = coded.codes[:, first:]
            if len(self.beyond):
                self.beyond[part] = coded.beyond
            self.scales[part] = coded.scales
        self.owners[start:stop] = owners
        self.died[start:stop] = ALIVE


def _aligned(rows: int, width: int) -> NDArray[np.int8]:
    """Return int8 (rows, width) from the start of a cache line."""
    room = np.empty(rows * width + _CACHE_LINE, np.int8)
    start = -room.ctypes.data % _CACHE_LINE
    return room[start : start + rows * width].reshape(rows, width)


@dataclass(frozen=True, slots=True)
class Extent:
    """The part of a block that a view reads: its first ``rows`` rows."""

    block: Block
    rows: int


class Rows:
    """The writer's side: appends and kills rows, and knows which rows a user has."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.starts: list[int] = []  # number of each block's first row
        self.total = 0
        self.dead = 0
        self.users: list[str] = []  # by the number in Block.owners
        self.of_user: dict[str, int | tuple[int, ...]] = {}

    def append(self, user_ids: Sequence[str], vectors: NDArray[np.float32]) -> list[int]:
        """Write float32 (n, 512) rows; return their numbers."""
        owners = self._owners(user_ids)
        first, done = self.total, 0
        width = self._width(vectors)
        while done < len(vectors):
            block, start = self._tail(len(vectors) - done, width)
            part = slice(done, done + min(block.capacity - start, len(vectors) - done))
            block.write(start, vectors[part], owners[part])
            self.total += part.stop - part.start
            done = part.stop
        return list(range(first, self.total))

    def load(self, user_ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Append rows and note at once whose they are."""
        rows = self.append(user_ids, vectors)
        if self.of_user.keys().isdisjoint(user_ids) and len(set(user_ids)) == len(user_ids):
            self.of_user.update(zip(user_ids, rows, strict=True))
            return
        for user_id, row in zip(user_ids, rows, strict=True):
            self.assign(user_id, (*self.rows_of(user_id), row))

    def kill(self, rows: Sequence[int], generation: int) -> None:
        """Stamp rows as gone from ``generation`` on."""
        for row in rows:
            block, offset = self.locate(row)
            block.died[offset] = generation
        self.dead += len(rows)

    def rows_of(self, user_id: str) -> tuple[int, ...]:
        """Return the numbers of a user's rows, () for none."""
        rows = self.of_user.get(user_id, ())
        return (rows,) if isinstance(rows, int) else rows

    def assign(self, user_id: str, rows: Sequence[int]) -> None:
        """Note which rows are a user's now."""
        if not rows:
            self.of_user.pop(user_id, None)
        else:
            self.of_user[user_id] = rows[0] if len(rows) == 1 else tuple(rows)

    def owners_among(self, users: Set[str]) -> NDArray[np.bool_]:
        """Tell of each number in Block.owners whether it is one of these users."""
        count = len(self.users)  # those that come meanwhile are in no view yet
        return np.fromiter((one in users for one in islice(self.users, count)), np.bool_, count)

    def locate(self, row: int) -> tuple[Block, int]:
        """Return the block of a row and its place there."""
        number = bisect_right(self.starts, row) - 1
        return self.blocks[number], row - self.starts[number]

    def extents(self) -> tuple[Extent, ...]:
        """Return what is written so far, for a view."""
        stops = [*self.starts, self.total][1:]
        return tuple(
            Extent(block, stop - start)
            for block, start, stop in zip(self.blocks, self.starts, stops, strict=True)
        )

    def _width(self, vectors: NDArray[np.float32]) -> int:
        """Return how many numbers of these rows are coded: few, until there were rows that
        the first numbers do not tell enough of.
        """
        if self.blocks and self.blocks[-1].width == EMBEDDING_SIZE:
            return EMBEDDING_SIZE
        is_narrow = kernels.rest_of(vectors) <= kernels.NARROW_REST
        return kernels.NARROW if is_narrow else EMBEDDING_SIZE

    def _tail(self, wanted: int, width: int) -> tuple[Block, int]:
        if self.blocks and self.blocks[-1].width == width:
            used = self.total - self.starts[-1]
            if used < self.blocks[-1].capacity:
                return self.blocks[-1], used
        grown = _GROWTH * self.blocks[-1].capacity if self.blocks else FIRST_BLOCK_ROWS
        self.blocks.append(Block(min(max(grown, wanted), BLOCK_ROWS), width))
        self.starts.append(self.total)
        return self.blocks[-1], 0

    def _owners(self, user_ids: Sequence[str]) -> NDArray[np.int32]:
        if self.of_user.keys().isdisjoint(user_ids) and len(set(user_ids)) == len(user_ids):
            first = len(self.users)
            self.users += user_ids
            return np.arange(first, len(self.users), dtype=np.int32)
        numbers = np.empty(len(user_ids), np.int32)
        fresh: dict[str, int] = {}
        for place, user_id in enumerate(user_ids):
            known = self.of_user.get(user_id)
            if known is not None:
                block, offset = self.locate(known if isinstance(known, int) else known[0])
                numbers[place] = block.owners[offset]
            else:
                number = fresh.get(user_id)
                if number is None:
                    number = fresh[user_id] = len(self.users)
                    self.users.append(user_id)
                numbers[place] = number
        return numbers
