"""Exact top-k from approximate scores: keep every row that the error bound cannot rule out.

``floor`` is a score that the k-th best user, or else the threshold, is proven to reach. A row
whose approximate score plus its error stays below the floor cannot be in the answer; all others
are scored exactly. So the answer is the exact one by construction, whatever the error is: a
looser bound costs time, never recall.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facesvc.domain.similarity import SAME
from facesvc.gallery.index.kernels import exact_similarities
from facesvc.gallery.index.port import Hit
from facesvc.gallery.index.rows import Block

_HANDFUL = 64  # scores up to which a dictionary is faster than numpy's calls
_GATHER_ROWS = 4096  # at most 32 MiB of float64 at a time


@dataclass(frozen=True, slots=True)
class _Candidates:
    """Rows of one block: their places, owners and lower bounds, and twice the error."""

    block: Block
    places: NDArray[np.intp]
    owners: NDArray[np.int32]
    lowest: NDArray[np.float32]
    spread: float


class Shortlist:
    """The rows that may be among the best of one probe; ``chosen`` tells of each owner whether its
    rows count, None for all.
    """

    def __init__(
        self,
        top_k: int,
        threshold: float,
        generation: int,
        chosen: NDArray[np.bool_] | None = None,
    ) -> None:
        self._top_k = top_k
        self._threshold = np.float32(threshold)
        self._generation = generation
        self._chosen = chosen
        self._floor = min(float(self._threshold), SAME)  # from which a score is taken for 1
        self._kept: list[_Candidates] = []

    @property
    def floor(self) -> float:
        """The score that a row has to reach, as far as is known."""
        return self._floor

    def offer(
        self, block: Block, places: NDArray[np.intp], scores: NDArray[np.float32], error: float
    ) -> None:
        """Take the approximate scores of a block's rows at these places, each within ``error``
        of the exact; rows that are not given do not reach the floor.
        """
        alive = block.died[places] > self._generation
        if self._chosen is not None:
            alive &= self._chosen[block.owners[places]]
        if not alive.all():
            places, scores = places[alive], scores[alive]
        lowest, owners = scores - np.float32(error), block.owners[places]
        before = self._floor
        self._raise_floor(lowest, owners)
        if self._floor > before:
            still = lowest >= self._floor - 2 * error
            places, owners, lowest = places[still], owners[still], lowest[still]
        self._kept.append(_Candidates(block, places, owners, lowest, 2 * error))

    def hits(self, probe: NDArray[np.float32], users: Sequence[str]) -> list[Hit]:
        """Score what is left exactly; return the best users in order."""
        if not self._kept:
            return []
        if sum(len(part.lowest) for part in self._kept) > self._top_k:
            self._raise_floor(
                np.concatenate([part.lowest for part in self._kept]),
                np.concatenate([part.owners for part in self._kept]),
            )
        scores, owners = self._exact(probe)
        reached = scores >= self._threshold
        best = _best_of_each(scores[reached], owners[reached])
        ranked = sorted((-score, users[owner]) for owner, score in best.items())
        return [Hit(user_id, -negated) for negated, user_id in ranked[: self._top_k]]

    def _raise_floor(self, lowest: NDArray[np.float32], owners: NDArray[np.int32]) -> None:
        """Lift the floor to what the k-th best of these users surely reaches."""
        wanted = self._top_k
        if wanted <= len(lowest) <= _HANDFUL:
            self._raise_floor_by_few(lowest, owners)
            return
        while wanted <= len(lowest):
            if wanted < len(lowest):
                best = np.argpartition(lowest, len(lowest) - wanted)[-wanted:]
                values, of = lowest[best], owners[best]
            else:
                values, of = lowest, owners
            order = np.argsort(-values)
            _, firsts = np.unique(of[order], return_index=True)
            if len(firsts) >= self._top_k:
                kth = values[order][np.sort(firsts)[self._top_k - 1]]
                self._floor = max(self._floor, float(kth))
                return
            if wanted == len(lowest):
                return
            wanted = min(2 * wanted, len(lowest))

    def _raise_floor_by_few(self, lowest: NDArray[np.float32], owners: NDArray[np.int32]) -> None:
        best = _best_of_each(lowest, owners)
        if len(best) >= self._top_k:
            kth = sorted(best.values(), reverse=True)[self._top_k - 1]
            self._floor = max(self._floor, kth)

    def _exact(self, probe: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        owners: list[NDArray[np.int32]] = []
        scores: list[NDArray[np.float32]] = []
        waiting: list[NDArray[np.float32]] = []
        rows = 0
        for part in self._kept:
            still = part.lowest >= self._floor - part.spread
            places = part.places[still]
            owners.append(part.owners[still])
            for start in range(0, len(places), _GATHER_ROWS):
                waiting.append(part.block.vectors[places[start : start + _GATHER_ROWS]])
                rows += len(waiting[-1])
                if rows >= _GATHER_ROWS:
                    scores.append(exact_similarities(probe, np.concatenate(waiting)))
                    waiting, rows = [], 0
        if waiting:
            scores.append(exact_similarities(probe, np.concatenate(waiting)))
        nothing = np.empty(0, np.float32)
        return np.concatenate([*scores, nothing]), np.concatenate(owners)


def _best_of_each(scores: NDArray[np.float32], owners: NDArray[np.int32]) -> dict[int, float]:
    """Return each owner's best score."""
    best: dict[int, float] = {}
    for owner, score in zip(owners.tolist(), scores.tolist(), strict=True):
        if score > best.get(owner, -math.inf):
            best[owner] = score
    return best
