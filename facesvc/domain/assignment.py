"""Who is whom in a group: each user at most once, for the best total."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from facesvc.domain.gallery import Match


def assign(candidates: Sequence[Sequence[Match]]) -> list[Match | None]:
    """Return the match of each face: no user twice, the sum of the similarities as high as it
    can be. ``candidates`` has each face's users; a face without any, or left without a user,
    gets None.
    """
    users = {match.user_id: place for place, match in enumerate(_each_user(candidates))}
    gain = np.zeros((len(candidates), len(users) + len(candidates)))
    by_place: dict[tuple[int, int], Match] = {}
    for face, matches in enumerate(candidates):
        for match in matches:
            place = users[match.user_id]
            gain[face, place] = match.similarity + 2.0  # any user is better than none
            by_place[face, place] = match
    return [by_place.get((face, place)) for face, place in enumerate(_best_columns(gain))]


def _each_user(candidates: Sequence[Sequence[Match]]) -> list[Match]:
    return list({match.user_id: match for matches in candidates for match in matches}.values())


def _best_columns(gain: NDArray[np.float64]) -> list[int]:
    """Return a column for each row, none twice, of the highest sum: the Hungarian method with
    shortest augmenting paths (Jonker and Volgenant 1987). ``gain`` is (n, m), n at most m.
    """
    rows, columns = gain.shape
    cost = gain.max(initial=0.0) - gain
    row_price, column_price = np.zeros(rows + 1), np.zeros(columns + 1)
    owner = np.full(columns + 1, -1)  # of each column; the last one is where a path begins
    for row in range(rows):
        owner[columns] = row
        at = columns
        distance = np.full(columns, np.inf)
        came_from = np.full(columns, columns)
        done = np.zeros(columns + 1, bool)
        while owner[at] >= 0:
            done[at] = True
            reduced = cost[owner[at]] - row_price[owner[at]] - column_price[:columns]
            nearer = ~done[:columns] & (reduced < distance)
            distance[nearer], came_from[nearer] = reduced[nearer], at
            following = int(np.where(done[:columns], np.inf, distance).argmin())
            step = distance[following]
            row_price[owner[done]] += step
            column_price[done] -= step
            distance[~done[:columns]] -= step
            at = following
        while at != columns:
            before = int(came_from[at])
            owner[at] = owner[before]
            at = before
        owner[columns] = -1
    chosen = np.zeros(rows, int)
    taken = np.flatnonzero(owner[:columns] >= 0)
    chosen[owner[taken]] = taken
    return [int(column) for column in chosen]
