"""Which of several faces is meant."""

from __future__ import annotations

from collections.abc import Sequence

from facesvc.domain.errors import AmbiguousFaceError
from facesvc.domain.quality import Quality

# Scores this close are equally good: the score's own spread over photos of one person is larger.
AMBIGUITY_MARGIN = 0.05
# A face of less than a quarter of the other's area (half its width) is a bystander's.
BYSTANDER_AREA = 0.25


def best(qualities: Sequence[Quality]) -> int:
    """Return the index of the highest score, the larger face where scores are equal."""
    return max(range(len(qualities)), key=lambda i: (qualities[i].score, qualities[i].face_size))


def best_for_enrolment(qualities: Sequence[Quality]) -> int:
    """Return the index of the one face that can be meant.

    Raises AmbiguousFaceError when another face comes within AMBIGUITY_MARGIN of the best score
    and is no bystander: enrolling either would be a guess, and a wrong one stays.
    """
    chosen = best(qualities)
    rivals = sum(
        index != chosen and _rivals(qualities[chosen], quality)
        for index, quality in enumerate(qualities)
    )
    if rivals:
        raise AmbiguousFaceError(
            "Several faces are equally good; send a photo of one person.",
            faces=len(qualities),
            equally_good=rivals + 1,
            margin=AMBIGUITY_MARGIN,
        )
    return chosen


def _rivals(chosen: Quality, other: Quality) -> bool:
    close = chosen.score - other.score <= AMBIGUITY_MARGIN
    return close and other.face_size >= BYSTANDER_AREA * chosen.face_size
