"""The index of one process: every search compares with every sample.

Small collections are compared in float32, larger ones in int8 with the candidates compared
again in float32, by the first numbers alone where those tell most; all give the same answer
(shortlist.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from facesvc.domain.faces import EMBEDDING_SIZE
from facesvc.gallery.index import kernels
from facesvc.gallery.index.port import Hit, IndexView
from facesvc.gallery.index.rows import Extent, Rows
from facesvc.gallery.index.scan import scan_float, scan_int8
from facesvc.gallery.index.shortlist import Shortlist
from facesvc.gallery.stores.port import SampleBlock

INT8_FROM_ROWS = 2_048  # docs/gallery-performance.md: below, float32 is as fast
_PROBES_AT_ONCE = 64  # bounds the score matrix of a batch to 4 MiB
_COMPACT_FROM_ROWS = 4_096
_COMPACT_DEAD_SHARE = 0.25  # a rebuild copies at most three living rows for each dead one


@dataclass(frozen=True, slots=True)
class ExactView:
    """One collection as of one write; ``last`` are the rows of the users it changed."""

    rows: Rows
    extents: tuple[Extent, ...]
    generation: int
    samples: int
    last: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def search(
        self,
        probes: NDArray[np.float32],
        top_k: int,
        threshold: float,
        users: Set[str] | None = None,
    ) -> list[list[Hit]]:
        """See IndexView."""
        chosen = None if users is None else self.rows.owners_among(users)
        found: list[list[Hit]] = []
        for start in range(0, len(probes), _PROBES_AT_ONCE):
            part = probes[start : start + _PROBES_AT_ONCE]
            found += self._search(
                part, [Shortlist(top_k, threshold, self.generation, chosen) for _ in part]
            )
        return found

    def similarity(self, user_id: str, probe: NDArray[np.float32]) -> float | None:
        """See IndexView."""
        changed = self.last.get(user_id)
        numbers = self.rows.rows_of(user_id) if changed is None else changed
        if not numbers:
            return None
        places = [self.rows.locate(row) for row in numbers]
        vectors = np.stack([block.vectors[offset] for block, offset in places])
        return float(kernels.exact_similarities(probe, vectors).max())

    def _search(self, probes: NDArray[np.float32], lists: list[Shortlist]) -> list[list[Hit]]:
        if self.samples >= INT8_FROM_ROWS and kernels.int8_is_exact():
            scan_int8(probes, lists, self.extents)
        else:
            scan_float(probes, lists, self.extents)
        users = self.rows.users
        return [chosen.hits(probe, users) for chosen, probe in zip(lists, probes, strict=True)]


class ExactIndex:
    """FaceIndex in memory; see there for who may call it when."""

    def __init__(self) -> None:
        self._views: dict[str, ExactView] = {}

    def reset(self, blocks: Iterable[SampleBlock]) -> dict[str, IndexView]:
        """See FaceIndex."""
        loaded: dict[str, Rows] = {}
        for block in blocks:
            rows = loaded.setdefault(block.collection, Rows())
            rows.load(block.user_ids, block.embeddings)
        self._views = {name: _fresh_view(rows) for name, rows in loaded.items()}
        return dict(self._views)

    def add(
        self, collection: str, user_id: str, embedding: NDArray[np.float32], *, replace: bool
    ) -> ExactView:
        """See FaceIndex."""
        rows, generation = self._settled(collection)
        earlier = rows.rows_of(user_id)
        new = rows.append([user_id], embedding[np.newaxis])
        if replace:
            rows.kill(earlier, generation)
        now = tuple(new) if replace else (*earlier, *new)
        return self._next(collection, rows, generation, {user_id: now})

    def remove(self, collection: str, user_id: str) -> ExactView:
        """See FaceIndex."""
        rows, generation = self._settled(collection)
        rows.kill(rows.rows_of(user_id), generation)
        return self._next(collection, rows, generation, {user_id: ()})

    def put(self, collection: str, samples: Mapping[str, NDArray[np.float32]]) -> ExactView:
        """See FaceIndex."""
        rows, generation = self._settled(collection)
        now: dict[str, tuple[int, ...]] = {}
        for user_id, embeddings in samples.items():
            earlier = rows.rows_of(user_id)
            new = rows.append([user_id] * len(embeddings), embeddings) if len(embeddings) else []
            rows.kill(earlier, generation)
            now[user_id] = tuple(new)
        return self._next(collection, rows, generation, now)

    def drop(self, collection: str) -> None:
        """See FaceIndex."""
        self._views.pop(collection, None)

    def empty(self, collection: str) -> ExactView:
        """See FaceIndex."""
        view = self._views[collection] = _fresh_view(Rows())
        return view

    def _settled(self, collection: str) -> tuple[Rows, int]:
        """Fold the last write, which every reader sees by now, into the users' rows."""
        view = self._views.get(collection)
        if view is None:
            view = self.empty(collection)
        rows = view.rows
        for user_id, numbers in view.last.items():
            rows.assign(user_id, numbers)
        if rows.total >= _COMPACT_FROM_ROWS and rows.dead > _COMPACT_DEAD_SHARE * rows.total:
            rows = _compacted(view)
            return rows, 1
        return rows, view.generation + 1

    def _next(
        self,
        collection: str,
        rows: Rows,
        generation: int,
        now: Mapping[str, tuple[int, ...]],
    ) -> ExactView:
        view = ExactView(rows, rows.extents(), generation, rows.total - rows.dead, now)
        self._views[collection] = view
        return view


def _fresh_view(rows: Rows) -> ExactView:
    return ExactView(rows, rows.extents(), 0, rows.total)


def _compacted(view: ExactView) -> Rows:
    """Copy the living rows; earlier views keep the old ones."""
    fresh = Rows()
    for extent in view.extents:
        block = extent.block
        alive = np.flatnonzero(block.died[: extent.rows] > view.generation)
        owners = [view.rows.users[owner] for owner in block.owners[alive]]
        fresh.load(owners, block.vectors[alive].reshape(-1, EMBEDDING_SIZE))
    return fresh
