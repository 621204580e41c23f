"""From what each shard found to one answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from facesvc.domain.gallery import Match

# How far a server's half precision similarity may be from ours. Both vectors are rounded to 11
# bits (2 * 2**-11), and some processors also add in half precision; measured at most 0.0005.
SEARCH_ERROR = 0.005


@dataclass(frozen=True)
class Found:
    """The nearest samples of one shard: the best of each user, scored in float32 from the
    stored vectors. ``floor`` is the lowest similarity, as the server saw it, of a sample that
    was returned; ``complete`` that the shard has no more samples; ``known`` that it has the
    collection.
    """

    matches: list[Match]
    floor: float
    complete: bool
    known: bool = True

    def settles(self, top_k: int, threshold: float) -> bool:
        """Tell whether no sample that was not returned could change the answer."""
        if self.complete:
            return True
        needed = threshold
        if len(self.matches) >= top_k:
            needed = max(needed, self.matches[top_k - 1].similarity)
        return self.floor + SEARCH_ERROR < needed


def merge(answers: Iterable[list[Match]], top_k: int, threshold: float) -> list[Match]:
    """Return at most top_k users from the threshold on, the best first, equals by user_id. A
    user is on one shard only.
    """
    every = [match for matches in answers for match in matches if match.similarity >= threshold]
    return sorted(every, key=by_rank)[:top_k]


def by_rank(match: Match) -> tuple[float, str]:
    """Order matches: the best first, equal ones by user_id."""
    return (-match.similarity, match.user_id)
